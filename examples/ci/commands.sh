# One program with a session that ends with it.
atmos auth exec -- sh -c 'echo "in $AWS_REGION, automated: $TF_IN_AUTOMATION"'

# Or all later steps of a GitHub job: masked in its log first, then written to the file it reads.
atmos auth env --credentials env --format github
cut -d = -f 1 "$GITHUB_ENV"

# Nothing was kept.
atmos auth keyring list
