// Opens a session for a program, without atmos.yaml and without the command line.
//
//   node examples/auth.mjs
//
// It uses a stand-in for AWS STS. In a real program, leave out `endpoint_url` and the access keys:
// the keys then come from the keyring, where `atmos auth user configure` stored them.
import { createAuth } from 'atmos-auth';
import { openKeyring } from 'atmos-auth/keyring';
import { startSts } from '../test/support/sts-server.mjs';

const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const sts = await startSts({ keys: [{ ...key, account: '123456789012', userName: 'deploy' }] });
const keyring = await openKeyring({ type: 'memory' });

const auth = await createAuth({
  keyring,
  config: {
    auth: {
      identities: {
        deploy: {
          kind: 'aws/user',
          default: true,
          credentials: { access_key_id: key.accessKeyId, secret_access_key: key.secretAccessKey },
          spec: { endpoint_url: sts.url },
        },
      },
    },
  },
});

// For an AWS SDK: new S3Client({ credentials: () => auth.credentials() })
const { accessKeyId, expiration } = await auth.credentials();
console.log('a session:', `${accessKeyId.slice(0, 4)}…`, 'until', expiration?.toISOString());
const again = await auth.credentials();
console.log('the same one again:', again.accessKeyId === accessKeyId);
for (const { name, chain, session, expiresAt } of await auth.list()) {
  console.log('listed:', name, 'chain:', chain.join(' → '), session, expiresAt?.toISOString());
}
const { principal, isValid } = await auth.whoami();
console.log('who:', principal, 'valid:', isValid);
console.log(
  'removed:',
  (await auth.logout()).map(({ item }) => item),
);

await auth.close();
await keyring.close();
await sts.close();
