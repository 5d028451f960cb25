# Run one program with a session that is not stored.
atmos auth exec -- sh -c 'echo "in $AWS_REGION, automated: $TF_IN_AUTOMATION"'

# Or set it for all later steps of a GitHub job. First it is masked in the log of the job.
atmos auth env --credentials env --format github
cut -d = -f 1 "$GITHUB_ENV"

# Nothing was stored.
atmos auth keyring list
