// Calls AWS STS with several profiles in one process, as terraform does with several providers, and
// prints the caller or the error of each: callers.mjs ENDPOINT PROFILE…
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

const [endpoint = '', ...profiles] = process.argv.slice(2);
const callers = profiles.map(async (profile) => {
  const client = new STSClient({ profile, endpoint });
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  return { profile, arn: Arn };
});
const results = await Promise.allSettled(callers);
const lines = results.map((result, at) =>
  result.status === 'fulfilled'
    ? result.value
    : { profile: profiles[at], error: String(result.reason) },
);
process.stdout.write(`${JSON.stringify(lines)}\n`);
