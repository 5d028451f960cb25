// Uses a keyring in an encrypted directory, without atmos.yaml and without any cloud.
//
//   node examples/keyring.mjs
//
// It creates a temporary directory and removes it again. In a real program, leave out `directory`
// (`<XDG data>/atmos/keyring`) and set ATMOS_KEYRING_PASSWORD, or use `type: 'system'`.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyringError, openKeyring } from 'atmos-auth/keyring';

const place = await mkdtemp(join(tmpdir(), 'keyring-example-'));
const directory = join(place, 'keyring');
const password = randomBytes(24).toString('base64');

const keyring = await openKeyring({
  type: 'file',
  directory,
  promptPassword: async () => password,
});
await keyring.set('deploy/api-token', 'a token that nobody else reads');
console.log('stored in', keyring.info.location);
console.log('keys:', await keyring.keys());
console.log('value:', await keyring.get('deploy/api-token'));
console.log('not there:', await keyring.get('deploy/other'));

const stranger = await openKeyring({
  type: 'file',
  directory,
  promptPassword: async () => 'not the password',
});
try {
  await stranger.get('deploy/api-token');
} catch (error) {
  if (!(error instanceof KeyringError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}

await keyring.delete('deploy/api-token');
await keyring.close();
await stranger.close();
await rm(place, { recursive: true });
