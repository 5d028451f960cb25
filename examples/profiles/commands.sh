# On a laptop: the keyring of the desktop, as in profiles/laptop. Exit code 3 without a desktop.
atmos auth keyring status || test $? -eq 3

# In CI: the memory keyring, as in profiles/ci.
atmos auth keyring status --profile ci

# The same for a whole job, by a variable.
export ATMOS_PROFILE=ci
atmos auth exec -- sh -c 'echo "in $AWS_REGION with the key ${AWS_ACCESS_KEY_ID%????????????????}…"'
