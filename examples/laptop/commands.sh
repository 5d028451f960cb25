# Once: the access key. AWS is asked whether it is one, then the keyring of the desktop has it.
atmos auth user configure --stdin < access-key.json

# Once a day: a session, for a code of the MFA device.
atmos auth login --mfa-token "$MFA_CODE"
atmos auth whoami

# Programs then use the session without another MFA code.
atmos auth exec -- sh -c 'echo "in $AWS_REGION with the key ${AWS_ACCESS_KEY_ID%????????????????}…"'

# Or this shell has a profile that asks us for it.
eval "$(atmos auth env)"
echo "AWS_PROFILE is $AWS_PROFILE"

# In the evening the session goes; the key stays for tomorrow.
atmos auth logout
atmos auth keyring list
