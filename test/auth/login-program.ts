// Logs in with the file keyring of the first argument at the server of the second, after a line on
// standard input. Reports its progress on standard output as lines of JSON.
import { createInterface } from 'node:readline';
import { login } from '../../src/auth/login.ts';
import { AtmosError } from '../../src/core/errors.ts';
import { realHost } from '../../src/host/real.ts';
import { openFileKeyring } from '../../src/keyring/file/backend.ts';
import { createCredentialStore } from '../../src/store/credential-store.ts';

const [directory = '', endpoint = ''] = process.argv.slice(2);
const say = (event: string, detail?: string) => {
  process.stdout.write(`${JSON.stringify({ event, detail })}\n`);
};
const host = realHost();
const keyring = openFileKeyring({
  type: { value: 'file', source: 'default' },
  settings: {
    directory: { value: directory, source: 'default' },
    passwordEnv: { value: 'ATMOS_KEYRING_PASSWORD', source: 'default' },
  },
  host,
});
const context = {
  commandEnv: host.env,
  host,
  keyring,
  store: createCredentialStore({ keyring, realm: 'r', otherOwners: [], host }),
  realm: { value: 'r', source: 'auth.realm' },
  requireTrust: () => {},
  requireStorable: () => {},
  ask: {},
  warn: (message: string) => say('warning', message),
};
const identity = {
  name: 'dev',
  kind: 'aws/user',
  isDefault: true,
  principal: {},
  spec: { endpoint_url: endpoint },
  credentials: {},
  session: {},
  env: [],
  locate: () => '/p/atmos.yaml',
};

const input = createInterface({ input: process.stdin });
say('arrived');
await new Promise((resolve) => {
  input.once('line', resolve);
});
try {
  const { session, wasOpened } = await login(context, identity);
  say('ended', `${wasOpened ? 'opened' : 'taken'} ${session.credentials.accessKeyId}`);
} catch (error) {
  say('failed', error instanceof AtmosError ? `${error.code}: ${error.message}` : String(error));
}
input.close();
await keyring.close();
