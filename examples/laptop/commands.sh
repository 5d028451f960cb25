# Once: store the access key in the keyring of the desktop.
atmos auth user configure --stdin < access-key.json

# Once a day: open a session with a code of the MFA device.
atmos auth login --mfa-token "$MFA_CODE"
atmos auth whoami

# Programs then use the session without another MFA code.
atmos auth exec -- sh -c 'echo "in $AWS_REGION with the key ${AWS_ACCESS_KEY_ID%????????????????}…"'

# Or select an AWS profile in this shell that runs atmos-auth for the session.
eval "$(atmos auth env)"
echo "AWS_PROFILE is $AWS_PROFILE"

# In the evening: remove the session. The access key stays for the next day.
atmos auth logout
atmos auth keyring list
