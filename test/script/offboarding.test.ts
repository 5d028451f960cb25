import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { builtCli } from '../support/built.ts';
import { accessKey, configOf, keyOnStdin, openMachine, type Machine } from './machine.ts';

/** As `aws iam create-access-key` prints it. */
const newKey = JSON.stringify({
  AccessKey: {
    UserName: 'emergency-user',
    AccessKeyId: accessKey.accessKeyId,
    Status: 'Active',
    SecretAccessKey: accessKey.secretAccessKey,
  },
});

const page = fileURLToPath(new URL('../../docs/offboarding.md', import.meta.url));

/** The commands of the page, each as it stands. */
function commandsOfPage(): string[] {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, block = '']) => block.trim().split('\n'));
}

async function newIdentity(machine: Machine, name: string) {
  const identity = await generateX25519Identity();
  const file = join(machine.home, name);
  writeFileSync(file, `${identity}\n`, { mode: 0o600 });
  return { file, recipient: await identityToRecipient(identity) };
}

/** Ann, on whose machine the commands run, and the reader who leaves share a keyring. */
async function openSharedMachine() {
  const machine = await openMachine();
  const [ann, leaving] = [await newIdentity(machine, 'ann'), await newIdentity(machine, 'ben')];
  const recipients = `[${ann.recipient}, ${leaving.recipient}]`;
  const keyring = `type: file\nspec:\n  identity_file: ${ann.file}\n  recipients: ${recipients}\n  sessions_keyring: memory`;
  const audit = `  audit: { file: ${join(machine.home, 'audit.jsonl')} }\n`;
  machine.writeConfig(`${configOf(machine, { keyring })}${audit}`);
  const { ATMOS_KEYRING_PASSWORD: _, ...env } = machine.env;
  const trusting = { ...env, ATMOS_KEYRING_PASSWORD: undefined, ATMOS_AUTH_TRUST: '1' };
  return { machine, leaving, env: trusting };
}

test(
  'every command of docs/offboarding.md does what the page says',
  { timeout: 120_000 },
  async () => {
    const { machine, leaving, env } = await openSharedMachine();
    const stored = await machine.atmos('auth user configure --stdin', { env, input: keyOnStdin });
    expect(stored).toMatchObject({ exitCode: 0 });
    const backup = await newIdentity(machine, 'project/backup-identity.txt');
    writeFileSync(join(machine.project, 'new-access-key.json'), newKey, { mode: 0o600 });
    mkdirSync(join(machine.home, 'bin'));
    const shim = `#!/bin/sh\nexec '${process.execPath}' '${builtCli()}' "$@"\n`;
    writeFileSync(join(machine.home, 'bin/atmos'), shim, { mode: 0o755 });
    const shellEnv = {
      ...env,
      PATH: `${join(machine.home, 'bin')}:${process.env['PATH']}`,
      READER: leaving.recipient,
      BACKUP_READER: backup.recipient,
    };

    const commands = commandsOfPage();
    expect(commands).toHaveLength(9);
    for (const command of commands) {
      const listed = await machine.atmos('auth keyring recipients list -o json', { env });
      const FINGERPRINT = JSON.parse(listed.stdout).fingerprint;
      const ran = await machine.run('sh', ['-c', command], { env: { ...shellEnv, FINGERPRINT } });
      expect({ command, ...ran }).toMatchObject({ command, exitCode: 0 });
    }

    const after = await machine.atmos('auth keyring recipients list -o json', { env });
    expect(JSON.parse(after.stdout).readers).not.toContain(leaving.recipient);
    const uses = await machine.atmos('auth log -o json', { env });
    expect(JSON.parse(uses.stdout)).toMatchObject([{ identity: 'emergency-user', outcome: 'ok' }]);
  },
);
