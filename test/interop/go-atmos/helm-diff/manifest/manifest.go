// Package manifest stands in for that of helm-diff.
package manifest

// MappingResult is never made.
type MappingResult struct{}

// Parse always panics.
func Parse([]byte, string, bool, ...string) map[string]*MappingResult {
	panic("helm-diff is left out of this build")
}
