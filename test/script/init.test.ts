import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/privilege.ts';
import { atTerminal } from './at-terminal.ts';
import { openHomeMachine, unknownUser } from './home.ts';
import { openMachine } from './machine.ts';

const accounts = Array.from({ length: 12 }, (_, index) => String(100_000_000_001 + index));
const twelve = `[sso-session corp]
sso_start_url = https://d-1234567890.awsapps.com/start
sso_region = eu-central-1
sso_registration_scopes = sso:account:access

${accounts
  .map(
    (account, index) =>
      `[profile team-${index}]\nsso_session = corp\nsso_account_id = ${account}\nsso_role_name = Developer\nregion = eu-central-1\noutput = json\n`,
  )
  .join('\n')}`;

/** A bare home directory whose user has signed in with the AWS CLI before. */
async function openColleague(config = twelve) {
  const machine = await openMachine();
  rmSync(join(machine.project, 'atmos.yaml'));
  mkdirSync(join(machine.home, '.aws'));
  const [aws, own] = [join(machine.home, '.aws/config'), join(machine.home, '.atmos/atmos.yaml')];
  writeFileSync(aws, config);
  return { ...machine, aws, own, text: (path = own) => readFileSync(path, 'utf8') };
}

describe('a colleague with 12 profiles', () => {
  test('has 12 identities after one command, and the second time nothing changes', async () => {
    const machine = await openColleague();
    const first = await machine.atmos('auth init --yes -o json');
    expect(first.exitCode).toBe(0);
    const { identities, providers, realm, unused_settings: unused } = JSON.parse(first.stdout);
    expect({ realm, unused, count: identities.length, providers: providers.length }).toEqual({
      realm: 'corp',
      unused: ['output'],
      count: 12,
      providers: 1,
    });
    const text = machine.text();
    for (const account of accounts) expect(text).toContain(`id: "${account}"`);
    const validated = await machine.atmos('auth validate');
    expect(validated).toMatchObject({ exitCode: 0, stderr: 'ok: ~/.atmos/atmos.yaml\n' });
    const list = await machine.atmos('auth list -o json');
    expect(list.exitCode).toBe(0);
    expect(list.stdout).toContain('"team-11"');

    const second = await machine.atmos('auth init --yes -o json');
    expect(JSON.parse(second.stdout)).toMatchObject({ written: false, not_imported: [] });
    expect(machine.text()).toBe(text);
    expect(statSync(machine.own).mode & 0o777).toBe(0o600);
    expect(machine.text(machine.aws)).toBe(twelve);
  });

  test('is warned of files that others can change, and of pages that are not of AWS', async () => {
    const portal = 'https://d-1234567890.awsapps.com';
    const machine = await openColleague(twelve.replace(portal, 'https://sso.example.com'));
    chmodSync(machine.aws, 0o666);
    const { stderr, exitCode } = await machine.atmos('auth init --yes');
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `warning: ${machine.aws} can be changed by other users (mode 0666): check what it says before you write it`,
    );
    expect(stderr).toContain(`chmod go-w ${machine.aws}`);
    expect(stderr).toContain(
      'warning: provider corp (sso-session corp) signs in at https://sso.example.com/start, which does not belong to AWS: write it only if you know who runs it',
    );
    const other = await openColleague();
    expect((await other.atmos('auth init --yes')).stderr).not.toContain('warning:');
    if (!isRoot) return;
    chownSync(other.aws, 12_345, 12_345);
    expect((await other.atmos('auth init --yes')).stderr).toContain(
      `warning: ${other.aws} belongs to user 12345`,
    );
  });

  test('reads about it in the error without an atmos.yaml', async () => {
    const machine = await openColleague();
    const { exitCode, stderr } = await machine.atmos('auth login');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^error: no atmos\.yaml .*\nhint: to create one from 12 profiles in ~\/\.aws\/config that sign in through IAM Identity Center: atmos auth init\n$/,
    );
  });

  test('without a terminal writes nothing without --yes', async () => {
    const machine = await openColleague();
    const { exitCode, stderr } = await machine.atmos('auth init');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no terminal\nhint: to write without a prompt: add --yes\n');
    expect(() => machine.text()).toThrow('ENOENT');
  });

  test('at a terminal sees the change and is asked', async () => {
    const machine = await openColleague();
    const session = atTerminal(machine, 'auth init');
    await session.waitFor('Name of the realm');
    await session.waitFor('corp');
    session.type('\r');
    await session.waitFor('Identity that is used if a command names none');
    session.type('\r');
    await session.waitFor('+++ ~/.atmos/atmos.yaml');
    await session.waitFor('+    team-9:');
    await session.waitFor('Write ');
    session.type('y\r');
    await session.waitFor('Wrote ~/.atmos/atmos.yaml: 1 provider and 12 identities added');
    await session.waitFor('Next: atmos auth login');
    expect((await session.ended).exitCode).toBe(0);
    expect(machine.text()).toContain('  realm: corp\n');
  });

  test('at a terminal can decline', async () => {
    const machine = await openColleague();
    const session = atTerminal(machine, 'auth init --realm ours');
    await session.waitFor('Identity that is used if a command names none');
    session.type('\r');
    await session.waitFor('Write ');
    session.type('n\r');
    await session.waitFor('nothing was written');
    expect((await session.ended).exitCode).toBe(0);
    expect(() => machine.text()).toThrow('ENOENT');
  });
});

describe('the file that is found', () => {
  const before =
    '# The company\r\nstacks:\r\n  base_path: stacks # here\r\n\r\nauth:\r\n    # who\r\n    realm:   "ours"\r\n    identities:\r\n        Team-3: {kind: aws/permission-set, via: {provider: corp}, principal: {name: X, account: {id: "100000000004"}}}\r\n    # end\r\n';

  test('keeps comments, order, line ends, indentation, its mode and its link', async () => {
    const machine = await openColleague();
    const [file, link] = [join(machine.home, 'real.yaml'), join(machine.project, 'atmos.yaml')];
    writeFileSync(file, before);
    chmodSync(file, 0o640);
    symlinkSync(file, link);
    const { exitCode, stderr } = await machine.atmos('auth init --yes');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('Already in the configuration: "Team-3"\n');
    const after = machine.text(file);
    expect(after.split('\n').filter((line) => !before.includes(line))).not.toEqual([]);
    // Without the added lines it is the same file.
    const added = new Set(
      stderr
        .split('\n')
        .filter((line) => line.startsWith('+'))
        .map((line) => line.slice(1)),
    );
    const kept = after.split('\r\n').filter((line) => !added.has(line));
    expect(kept.join('\r\n')).toBe(before);
    expect(after).not.toMatch(/[^\r]\n/);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(after).toContain('\r\n        team-0:\r\n');
    expect((await machine.atmos('auth validate')).exitCode).toBe(0);
    await machine.atmos('auth init --yes');
    expect(machine.text(file)).toBe(after);
  });

  test('is the one that --config names', async () => {
    const machine = await openColleague();
    const file = join(machine.home, 'other.yaml');
    writeFileSync(file, '');
    expect((await machine.atmos(`auth init --yes --config ${file}`)).exitCode).toBe(0);
    expect(machine.text(file)).toContain('team-11');
    const missing = await machine.atmos('auth init --yes --config /nope.yaml');
    expect(missing).toMatchObject({ exitCode: 2 });
    expect(missing.stderr).toContain('/nope.yaml');
  });
});

describe('bad input changes nothing', () => {
  test.each([
    ['a missing --from', 'auth init --yes --from nope', /nope \(from --from\) does not exist/, 2],
    [
      'a directory',
      'auth init --yes --from ..',
      /cannot read the AWS file .*: it is a directory/,
      1,
    ],
    ['an invalid realm', 'auth init --yes --realm A', /realm "A" \(from --realm\) contains/, 2],
    ['an empty realm', 'auth init --yes --realm=', /realm "" \(from --realm\) is empty/, 2],
  ])('%s', async (_, command, message, exitCode) => {
    const machine = await openColleague();
    const done = await machine.atmos(command);
    expect(done.exitCode).toBe(exitCode);
    expect(done.stderr).toMatch(message);
    expect(() => machine.text()).toThrow('ENOENT');
  });

  test('a file that is no INI lists its lines', async () => {
    const machine = await openColleague('[profile x\nnonsense\n');
    const { exitCode, stderr } = await machine.atmos('auth init --yes');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('  ~/.aws/config:1: is not a setting of a profile\n');
    expect(stderr).toContain('  ~/.aws/config:2: is not a setting of a profile\n');
  });

  test('an atmos.yaml with a mistake is not extended', async () => {
    const machine = await openColleague();
    const file = join(machine.project, 'atmos.yaml');
    writeFileSync(file, 'auth: [\n');
    const { exitCode, stderr } = await machine.atmos('auth init --yes');
    expect({ exitCode, text: machine.text(file) }).toEqual({ exitCode: 2, text: 'auth: [\n' });
    expect(stderr).toContain('~/project/atmos.yaml'.replace('~', machine.home));
  });

  test('names that would be YAML or control the terminal', async () => {
    const key = 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n';
    const names = ['"x: {kind: y}"', '"\u001b]0;t\u0007"', '"a # b"', '"!exec rm"', "'*x'"];
    const machine = await openColleague(names.map((name) => `[profile ${name}]\n${key}`).join(''));
    const { exitCode, stderr } = await machine.atmos('auth init --yes');
    expect(exitCode).toBe(0);
    for (const text of ['\u001b', 'secret']) expect(stderr).not.toContain(text);
    expect(stderr).toContain('\\u001b]0;t\\u0007: has a name with a control character');
    expect(machine.text()).not.toContain('\u001b');
    const { stdout } = await machine.atmos('auth list -o json');
    expect(Object.keys(JSON.parse(stdout).identities).toSorted()).toEqual([
      '!exec rm',
      '*x',
      'a # b',
      'x: {kind: y}',
    ]);
    expect((await machine.atmos('auth validate')).exitCode).toBe(0);
  });

  test.skipIf(!isRoot)('an AWS file that cannot be read', async () => {
    const machine = openHomeMachine(unknownUser, 'auth: {}\n');
    const home = join(machine.root, 'home');
    mkdirSync(join(home, '.aws'), { recursive: true });
    for (const path of [home, join(home, '.aws')]) chownSync(path, unknownUser, unknownUser);
    writeFileSync(join(home, '.aws/config'), twelve, { mode: 0o600 });
    const { exitCode, stderr } = await machine.run('auth init --yes', {
      userId: unknownUser,
      env: { HOME: home },
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: cannot read the AWS file .*\/\.aws\/config: permission denied/);
    expect(readFileSync(join(machine.project, 'atmos.yaml'), 'utf8')).toBe('auth: {}\n');
  });

  test.skipIf(!isRoot)('an atmos.yaml of another user', async () => {
    const machine = await openColleague();
    const file = join(machine.project, 'atmos.yaml');
    writeFileSync(file, '');
    chownSync(file, unknownUser, unknownUser);
    const { exitCode } = await machine.atmos('auth init --yes');
    expect({ exitCode, text: machine.text(file) }).toMatchObject({ exitCode: 2, text: '' });
  });
});
