module atmos-auth/interop-go-keyring

go 1.19

// Held at what Atmos ships.
require github.com/zalando/go-keyring v0.2.8

require (
	github.com/danieljoos/wincred v1.2.3 // indirect
	github.com/godbus/dbus/v5 v5.2.2 // indirect
	golang.org/x/sys v0.27.0 // indirect
)

// The bus below it, held at one that Debian 12's Go 1.19 builds; what is written to the keyring is
// go-keyring's own.
replace github.com/godbus/dbus/v5 => github.com/godbus/dbus/v5 v5.1.0
