// Package netaddr stands in for inet.af/netaddr, which not every module proxy has: Atmos needs it
// only for functions of templates, which no test calls.
package netaddr

import (
	"errors"
	"net"
)

var errLeftOut = errors.New("netaddr is left out of this build")

// IP is never made.
type IP struct{}

// IPPrefix is never made.
type IPPrefix struct{}

// Masked has the type that Atmos's dependencies expect.
func (p IPPrefix) Masked() IPPrefix { return p }

// IPNet is nothing.
func (p IPPrefix) IPNet() *net.IPNet { return nil }

// IPRange is never made.
type IPRange struct{}

// ParseIP always fails.
func ParseIP(string) (IP, error) { return IP{}, errLeftOut }

// ParseIPPrefix always fails.
func ParseIPPrefix(string) (IPPrefix, error) { return IPPrefix{}, errLeftOut }

// ParseIPRange always fails.
func ParseIPRange(string) (IPRange, error) { return IPRange{}, errLeftOut }
