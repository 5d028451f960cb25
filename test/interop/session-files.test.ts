import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { awsSessionFiles } from '../../src/clouds/aws/atmos-session.ts';
import { owner, sessionWith } from '../clouds/aws/atmos-sessions.ts';
import { fakeHost } from '../support/fake-host.ts';
import { peer } from '../support/peers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const python = peer('aws-python')?.path ?? '';
const script = fileURLToPath(new URL('python/profile.py', import.meta.url));

test.skipIf(!python)('botocore reads every session that is written for Atmos', async () => {
  const home = temporaryDirectory();
  const host = fakeHost({ homeDirectory: home });
  // botocore finds no region for a name that a shell would split or leave open.
  const names = ['dev', 'default', 'a.b/c@d=e', 'é', '#x', 'my hub', "o'neil"];
  for (const [at, identity] of names.entries()) {
    const session = sessionWith({ sessionToken: `Token/+${at}==`, region: `eu-west-${at}` });
    await awsSessionFiles.write({ ...owner, identity }, session, host);
  }
  const directory = join(home, '.config/atmos/r/aws/aws-user');
  const env = {
    HOME: home,
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    AWS_CONFIG_FILE: join(directory, 'config'),
  };
  const { stdout, stderr } = spawnSync(python, [script, ...names], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  const { accessKeyId, secretAccessKey } = sessionWith();
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual(
    names.map((name, at) => [
      accessKeyId,
      secretAccessKey,
      `Token/+${at}==`,
      /[ ']/.test(name) ? null : `eu-west-${at}`,
    ]),
  );
});
