import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openMachine } from '../script/machine.ts';
import { startMoto } from '../support/moto.ts';
import { peer } from '../support/peers.ts';

// A chain at another implementation of AWS STS than our stand-in. moto checks no trust policy.

const python = peer('aws-python')?.path ?? '';
const program = fileURLToPath(new URL('js-sdk-program.mjs', import.meta.url));

test.skipIf(!python)(
  'a chain of three links opens at moto, and a program is the last role',
  async () => {
    const moto = await startMoto(python);
    try {
      const user = await moto.createUser('ada');
      const hub = await moto.createRole('hub', { AWS: 'arn:aws:iam::123456789012:user/ada' });
      const spoke = await moto.createRole('spoke', { AWS: hub });
      const machine = await openMachine();
      machine.writeConfig(`auth:
  realm: moto
  keyring: { type: file }
  identities:
    ada: { kind: aws/user, spec: { endpoint_url: '${moto.url}' } }
    hub:
      kind: aws/assume-role
      via: { identity: ada }
      spec: { endpoint_url: '${moto.url}' }
      principal: { assume_role: '${hub}', session_tags: { Team: core }, transitive_tags: [Team] }
    spoke:
      kind: aws/assume-role
      default: true
      via: { identity: hub }
      spec: { endpoint_url: '${moto.url}' }
      principal: { assume_role: '${spoke}', region: eu-west-1, session_name: ci }
`);
      const input = JSON.stringify({
        access_key_id: user.accessKeyId,
        secret_access_key: user.secretAccessKey,
      });
      const stored = await machine.atmos('auth user configure -i ada --stdin', { input });
      expect(stored).toMatchObject({ exitCode: 0 });
      const exec = ['auth', 'exec', '--', '/usr/bin/env', `AWS_ENDPOINT_URL=${moto.url}`];
      const result = await machine.atmos([...exec, process.execPath, program]);
      expect(result).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(result.stdout)).toEqual({
        account: '123456789012',
        arn: 'arn:aws:sts::123456789012:assumed-role/spoke/ci',
      });
    } finally {
      await moto.close();
    }
  },
);
