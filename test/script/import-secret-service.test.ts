import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { openGnomeKeyring } from '../support/secret-service/gnome-keyring.mjs';
import { makeCollection } from '../support/secret-service/make-collection.ts';
import { accessKey, openMachine } from './machine.ts';

const go = peer('go')?.path ?? '';

test.skipIf(!go || !peer('gnome-keyring'))(
  "import reads aws-vault's collection in the Secret Service, which takes precedence over its directory",
  async () => {
    const machine = await openMachine();
    const service = await openGnomeKeyring();
    onTestFinished(() => service.close());
    await makeCollection(service.env, 'awsvault');
    const item = { AccessKeyID: accessKey.accessKeyId, SecretAccessKey: accessKey.secretAccessKey };
    const set = (key: string) =>
      spawnSync(go, ['set', key], {
        env: { ...service.env, INTEROP_COLLECTION: 'awsvault' },
        input: JSON.stringify(item),
      });
    expect(set('work').status).toBe(0);
    expect(set('sts.GetSessionToken,d29yaw,,1700000000').status).toBe(0);
    for (const directory of ['.aws', '.awsvault/keys']) {
      mkdirSync(join(machine.home, directory), { recursive: true, mode: 0o700 });
    }
    const device = 'arn:aws:iam::123456789012:mfa/emergency';
    writeFileSync(join(machine.home, '.aws/config'), `[profile work]\nmfa_serial=${device}\n`);
    const env = { DBUS_SESSION_BUS_ADDRESS: service.env['DBUS_SESSION_BUS_ADDRESS'] };
    const command = 'auth keyring import --from aws-vault --map work=emergency-user';
    const { exitCode, stdout, stderr } = await machine.atmos(command, { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toContain(
      '1 copied: from aws-vault (Secret Service, collection awsvault) to file',
    );
    expect(stderr).toContain(
      'not copied, other entries:\n  sts.GetSessionToken,d29yaw,,1700000000\n',
    );
    expect(stderr).toContain(`MFA device of profile work: ${device} (`);
    expect(stderr).not.toContain(accessKey.secretAccessKey);
    expect(await machine.atmos('auth keyring list')).toMatchObject({ exitCode: 0 });
  },
);
