"""The Python side of the interop tests on the system keyring.

    main.py keyring      set KEY | get KEY | delete KEY           through the package keyring
    main.py secretstorage set KEY | get KEY | delete KEY | list   items exactly as go-keyring's
    main.py secretstorage duplicate KEY                           one more with the same attributes

The bus comes by environment, values by standard input and output; nothing secret is an argument.
`list` prints a JSON array of the items of user atmos-auth: path, label, attributes, times.
"""

import json
import sys

NOT_FOUND = 3
USER = "atmos-auth"


def read_value():
    return sys.stdin.buffer.read()


def write_value(value):
    sys.stdout.buffer.write(value)


def run_keyring(command, key):
    from keyring.backends.SecretService import Keyring
    from keyring.errors import PasswordDeleteError

    backend = Keyring()
    if command == "set":
        backend.set_password(key, USER, read_value().decode())
    elif command == "get":
        value = backend.get_password(key, USER)
        if value is None:
            sys.exit(NOT_FOUND)
        write_value(value.encode())
    elif command == "delete":
        try:
            backend.delete_password(key, USER)
        except PasswordDeleteError:
            sys.exit(NOT_FOUND)
    else:
        sys.exit(__doc__)


def run_secretstorage(command, key=None):
    import secretstorage

    connection = secretstorage.dbus_init()
    collection = secretstorage.get_default_collection(connection)
    if collection.is_locked():
        collection.unlock()
    if command == "list":
        found = collection.search_items({"username": USER})
        print(json.dumps([describe(item) for item in found]))
        return
    attributes = {"username": USER, "service": key}
    if command in ("set", "duplicate"):
        label = f"Password for '{USER}' on '{key}'"
        replace = command == "set"
        collection.create_item(label, attributes, read_value(), replace=replace)
        return
    items = list(collection.search_items(attributes))
    if not items:
        sys.exit(NOT_FOUND)
    if command == "get":
        write_value(items[0].get_secret())
    elif command == "delete":
        for item in items:
            item.delete()
    else:
        sys.exit(__doc__)


def describe(item):
    return {
        "path": item.item_path,
        "label": item.get_label(),
        "attributes": item.get_attributes(),
        "created": item.get_created(),
        "modified": item.get_modified(),
        "contentType": item.get_secret_content_type(),
    }


if __name__ == "__main__":
    doors = {"keyring": run_keyring, "secretstorage": run_secretstorage}
    if len(sys.argv) < 3 or sys.argv[1] not in doors:
        sys.exit(__doc__)
    doors[sys.argv[1]](*sys.argv[2:])
