// Calls GetCallerIdentity with the default credential chain of the AWS SDK for JavaScript, at the
// endpoint that AWS_ENDPOINT_URL names, and prints the caller as JSON. It prints no credentials.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const { Account, Arn } = await new STSClient().send(new GetCallerIdentityCommand());
console.log(JSON.stringify({ account: Account, arn: Arn }));
