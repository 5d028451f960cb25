// Command interop-go-keyring is the Go side of the interop tests on the system keyring: the library
// that Atmos uses, driven from the outside. The bus comes by environment, values by standard input
// and output; nothing secret is an argument.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/zalando/go-keyring"
)

const usage = "usage: interop-go-keyring set KEY | get KEY | delete KEY"

// As Atmos calls it: the key is the service, and the user is always the same.
const user = "atmos-auth"

// A key that is not there, told apart from every failure by its exit code.
const exitNotFound = 3

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, keyring.ErrNotFound) {
			os.Exit(exitNotFound)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New(usage)
	}
	key := args[1]
	switch args[0] {
	case "set":
		return set(key)
	case "get":
		return get(key)
	case "delete":
		return keyring.Delete(key, user)
	}
	return errors.New(usage)
}

func set(key string) error {
	value, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	return keyring.Set(key, user, string(value))
}

func get(key string) error {
	value, err := keyring.Get(key, user)
	if err != nil {
		return err
	}
	_, err = os.Stdout.WriteString(value)
	return err
}
