# Once: create a password file that only you can read, and store the access key.
mkdir -p ~/.config
(umask 077 && head -c 32 /dev/urandom | base64 > ~/.config/atmos-keyring-password)
atmos auth user configure --stdin < access-key.json

# From cron, systemd or over SSH: no command prompts.
atmos auth exec -- sh -c 'echo "in $AWS_REGION with the key ${AWS_ACCESS_KEY_ID%????????????????}…"'
atmos auth keyring status

# Where a prompt would be necessary, the command fails at once (exit code 2).
atmos auth login --identity || test $? -eq 2
