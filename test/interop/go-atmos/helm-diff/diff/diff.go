// Package diff stands in for that of helm-diff, which not every module proxy has: Atmos needs it only
// for `atmos helm diff`, which no test runs.
package diff

import (
	"io"

	"github.com/databus23/helm-diff/v3/manifest"
)

// Options has the fields that Atmos sets.
type Options struct {
	OutputFormat  string
	OutputContext int
	ShowSecrets   bool
}

// Manifests always panics.
func Manifests(map[string]*manifest.MappingResult, map[string]*manifest.MappingResult, *Options, io.Writer) bool {
	panic("helm-diff is left out of this build")
}
