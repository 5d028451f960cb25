# At the first start: store the access key, also a mounted secret, in the keyring on the volume.
atmos auth user configure --stdin < "$ACCESS_KEY_FILE"

# At every start: select the AWS profile that runs atmos-auth when the service needs a session.
eval "$(atmos auth env)"
echo "AWS_PROFILE is $AWS_PROFILE"

# What the AWS SDK of the service then runs: no terminal, no password in the environment.
echo "${ATMOS_KEYRING_PASSWORD-no password}"
atmos auth credential-process | cut -c -32

# Show the keyring in use, its location, and where both are configured.
atmos auth keyring status
