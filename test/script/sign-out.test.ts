import { expect, test } from 'vitest';
import { atTerminal } from './at-terminal.ts';
import { openCorp, type Corp } from './corp.ts';

// What commands show of a sign-in, and how to sign out of it.

const startUrl = 'https://d-9067000000.awsapps.com/start';
const until = /until (\w{3} \d+ )?\d\d:\d\d \(in [\dhms ]+\)/.source;

const session = 'atmos_r_dev@session';

/** The entries of the keyring. */
async function storedIn({ atmos }: Corp): Promise<string[]> {
  const { stdout } = await atmos('auth keyring list -o json');
  return JSON.parse(stdout).map(({ key }: { key: string }) => key);
}

/** A machine whose user has signed in, and the entry of the token. */
async function openSignedIn() {
  const machine = await openCorp('flow: device', { isPreauthorized: true });
  const signIn = atTerminal(machine, 'auth login --provider corp');
  await signIn.waitFor('Signed in to corp until ');
  expect(await signIn.ended).toMatchObject({ exitCode: 0 });
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  const [token = '', ...others] = await storedIn(machine);
  expect(token).toMatch(/^atmos_[0-9a-f]{40}@token$/);
  expect(others).toEqual([session]);
  return { machine, token };
}

test('a second login says that the person is signed in', async () => {
  const { machine } = await openSignedIn();
  const sent = machine.center.calls.length;
  const { exitCode, stderr } = await machine.atmos('auth login --provider corp');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(new RegExp(`^Already signed in to corp ${until}\n$`)),
  });
  expect(machine.center.calls).toHaveLength(sent);
});

test('list and doctor show the sign-in, and doctor knows that the token is of no other realm', async () => {
  const { machine } = await openSignedIn();
  const { stdout } = await machine.atmos('auth list');
  expect(stdout).toMatch(
    new RegExp(
      `^corp \\(aws/iam-identity-center\\)  eu-west-1  ${startUrl}  ${until}\n└── dev \\(aws/permission-set\\) \\[default\\]  ${until}\n$`,
    ),
  );
  const doctor = await machine.atmos('auth keyring doctor');
  expect(doctor.exitCode).toBe(0);
  expect(doctor.stderr).toMatch(new RegExp(`\n  corp \\(${startUrl}\\): ${until}\n`));
  expect(doctor.stderr).not.toContain('other realms');
});

test.each(['auth logout --provider corp', 'auth logout --all'])(
  '%s ends the session at the portal, and removes what depends on it',
  async (command) => {
    const { machine, token } = await openSignedIn();
    const said = (verb: string) =>
      `${verb} the session of dev: ${session}\n${verb} the token of corp: ${token}\n`;
    const dry = await machine.atmos(`${command} --dry-run`);
    expect(dry).toEqual({ exitCode: 0, stdout: '', stderr: said('would remove') });
    expect(await storedIn(machine)).toEqual([token, session]);
    expect(await machine.atmos(command)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `ended the session at ${startUrl}\n${said('removed')}`,
    });
    expect(await storedIn(machine)).toEqual([]);
    expect(machine.center.requests()).toMatchObject({ Logout: 1 });
    expect(machine.center.problems()).toEqual([]);
    const { exitCode, stderr } = await machine.atmos('auth login');
    expect(exitCode).toBe(4);
    expect(stderr).toContain(`no one is signed in at ${startUrl}\n`);
  },
);

test.each([
  ['auth logout --provider corp --local', 'corp'],
  ['auth logout --all --local', 'corp'],
  ['auth logout --all-realms', startUrl],
])('%s removes the token, and the session at the portal goes on', async (command, named) => {
  const { machine, token } = await openSignedIn();
  const { exitCode, stderr } = await machine.atmos(command);
  expect(exitCode).toBe(0);
  expect(stderr.split('\n').sort()).toEqual([
    '',
    `removed the session of dev: ${session}`,
    `removed the token of ${named}: ${token}`,
  ]);
  expect(await storedIn(machine)).toEqual([]);
  expect(machine.center.requests()).not.toHaveProperty('Logout');
});

test('a portal that does not answer is an error, and the token is removed all the same', async () => {
  const { machine } = await openSignedIn();
  machine.center.script({ action: 'Logout', reset: true, times: 9 });
  const { exitCode, stderr } = await machine.atmos('auth logout --provider corp');
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    `error: provider corp: the session at ${startUrl} was not ended: cannot reach ${machine.center.url}: `,
  );
  expect(await storedIn(machine)).toEqual([]);
});
