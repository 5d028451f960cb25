// Command interop is the Go side of the interop tests: the file keyring of 99designs/keyring, which
// Atmos and aws-vault write, driven from the outside. The directory and the password come by
// environment, values by standard input and output; nothing secret is an argument. With
// INTEROP_COLLECTION it is the library's collection of that name in the Secret Service.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/99designs/keyring"
)

const usage = "usage: interop set KEY | get KEY | list | delete KEY | hammer KEY COUNT"

// A key that is not there, told apart from every failure by its exit code.
const exitNotFound = 3

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, keyring.ErrKeyNotFound) || errors.Is(err, os.ErrNotExist) {
			os.Exit(exitNotFound)
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	collection := os.Getenv("INTEROP_COLLECTION")
	backend := keyring.FileBackend
	if collection != "" {
		backend = keyring.SecretServiceBackend
	}
	ring, err := keyring.Open(keyring.Config{
		AllowedBackends:         []keyring.BackendType{backend},
		FileDir:                 os.Getenv("INTEROP_DIR"),
		FilePasswordFunc:        keyring.FixedStringPrompt(os.Getenv("INTEROP_PASSWORD")),
		LibSecretCollectionName: collection,
	})
	if err != nil {
		return err
	}
	switch {
	case len(args) == 1 && args[0] == "list":
		return list(ring)
	case len(args) == 2 && args[0] == "set":
		return set(ring, args[1])
	case len(args) == 2 && args[0] == "get":
		return get(ring, args[1])
	case len(args) == 2 && args[0] == "delete":
		return ring.Remove(args[1])
	case len(args) == 3 && args[0] == "hammer":
		return hammer(ring, args[1], args[2])
	}
	return errors.New(usage)
}

func set(ring keyring.Keyring, key string) error {
	value, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	return ring.Set(keyring.Item{Key: key, Data: value})
}

func get(ring keyring.Keyring, key string) error {
	item, err := ring.Get(key)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(item.Data)
	return err
}

// list prints a JSON array: a key may hold a newline.
func list(ring keyring.Keyring) error {
	keys, err := ring.Keys()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(keys)
}

// hammer overwrites one key COUNT times with "<number>:" and 64 KiB of one letter, so that a reader
// beside it can tell a whole value from a torn one.
func hammer(ring keyring.Keyring, key string, count string) error {
	times, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	for number := 0; number < times; number++ {
		value := fmt.Sprintf("%d:%s", number, strings.Repeat(string(rune('a'+number%26)), 64*1024))
		if err := ring.Set(keyring.Item{Key: key, Data: []byte(value)}); err != nil {
			return err
		}
	}
	return nil
}
