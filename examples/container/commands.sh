# The first start: the access key, a mounted secret too, goes into the keyring on the volume.
atmos auth user configure --stdin < "$ACCESS_KEY_FILE"

# Every start: the service asks us for a session when it needs one, and for the next when that ends.
eval "$(atmos auth env)"
echo "AWS_PROFILE is $AWS_PROFILE"

# What its AWS SDK runs then: no terminal, no password in the environment.
echo "${ATMOS_KEYRING_PASSWORD-no password}"
atmos auth credential-process | cut -c -32

# Which keyring, where, and what said so.
atmos auth keyring status
