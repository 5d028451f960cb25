import { expect, test } from 'vitest';
import { awsCredentials } from '../../../src/core/credentials.ts';
import { formatEnvelope } from '../../../src/store/envelope.ts';
import { itemKey } from '../../../src/store/key.ts';
import { openDesk, user, yamlOf } from './desk.ts';

test('logout --all reports only once an entry that a provider and an identity share', async () => {
  const owner = { realm: 'r', alias: 'dev' };
  const item = 'session';
  const credentials = awsCredentials(user);
  const entries = { [itemKey(owner, item)]: formatEnvelope({ credentials, ...owner, item }) };
  const desk = await openDesk({ entries });
  desk.configure(`${yamlOf(desk)}  providers:\n    DEV:\n      kind: github/oidc\n`);
  const once = { exitCode: 0, stdout: '' };
  expect(await desk.run('auth logout --all --dry-run')).toEqual({
    ...once,
    stderr: 'would remove the session of dev: atmos_r_dev@session\n',
  });
  expect(await desk.run('auth logout --all')).toEqual({
    ...once,
    stderr: 'removed the session of dev: atmos_r_dev@session\n',
  });
});
