import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDesk, yamlOf, type Desk } from './commands/desk.ts';
import { person } from './commands/person.ts';

// Tested with a command that opens nothing.
const command = 'auth env -f json';

/** A desk with identity `dev`, and profiles by their names. */
async function openProfiles(profiles: Readonly<Record<string, string>>): Promise<Desk> {
  const desk = await openDesk();
  for (const [name, text] of Object.entries(profiles)) {
    const file = join(desk.project, 'profiles', name, 'atmos.yaml');
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, text, { mode: 0o644 });
  }
  return desk;
}

const region = (name: string) =>
  `auth: { identities: { dev: { credentials: { region: ${name} } } } }\n`;
const identities = (...names: readonly string[]) =>
  `auth: { identities: { ${names.map((name) => `${name}: { kind: aws/user, credentials: { region: eu-${name}-1 } }`).join(', ')} } }\n`;

function regionOf({ stdout }: { stdout: string }): unknown {
  return (JSON.parse(stdout) as Record<string, unknown>)['AWS_REGION'];
}

describe('--profile without a name', () => {
  test('lets the user choose, in the order of the list', async () => {
    const desk = await openProfiles({ a: region('eu-west-1'), b: region('eu-west-2'), c: '' });
    const ada = person(['a', 'b']);
    expect(regionOf(await desk.run(`${command} --profile`, { person: ada }))).toBe('eu-west-2');
    expect(ada.asked).toEqual(['Profiles: a, b, c']);
  });

  test('preselects those that are named, which keep their order', async () => {
    const desk = await openProfiles({ a: region('eu-west-1'), b: region('eu-west-2'), c: '' });
    const ada = person(['a', 'b', 'c']);
    const line = `--profile b,a --profile --no-color ${command}`;
    expect(regionOf(await desk.run(line, { person: ada }))).toBe('eu-west-1');
    expect(ada.asked).toEqual(['Profiles: *a, *b, c']);
  });

  test('uses no profile if the user chooses none, not even profiles.default', async () => {
    const desk = await openProfiles({ a: region('eu-west-1') });
    desk.configure(`${yamlOf(desk)}profiles: { default: a }\n`);
    expect(regionOf(await desk.run(command))).toBe('eu-west-1');
    expect(
      regionOf(await desk.run(`${command} --profile`, { person: person([]) })),
    ).toBeUndefined();
  });

  test('reports an unknown name', async () => {
    const desk = await openProfiles({ a: '' });
    const line = `--profile typo --profile --no-color ${command}`;
    expect(await desk.run(line, { person: person([]) })).toMatchObject({
      code: 'ERR_PROFILE_UNKNOWN',
      exitCode: 2,
    });
  });

  test('fails at once without a terminal, or if no profile exists', async () => {
    const desk = await openProfiles({ a: '', b: '' });
    expect(await desk.run(`${command} --profile`)).toEqual({
      code: 'ERR_NO_TERMINAL',
      exitCode: 2,
      stdout: '',
      stderr:
        'error: cannot prompt for "Profiles": there is no terminal\n' +
        'hint: pass --profile NAME, with one of a, b\n',
    });
    expect(
      await (await openDesk()).run(`${command} --profile`, { person: person() }),
    ).toMatchObject({ code: 'ERR_PROFILE_UNKNOWN', exitCode: 2 });
  });

  test('never prompts for a credential process', async () => {
    const desk = await openProfiles({ a: '' });
    const ada = person(['a']);
    expect(
      await desk.run('auth credential-process -i dev --profile', { person: ada }),
    ).toMatchObject({ code: 'ERR_NO_TERMINAL', exitCode: 2 });
    expect(ada.asked).toEqual([]);
  });
});

describe('an identity that is only in a profile', () => {
  test('is used in the same command when the user agrees', async () => {
    const desk = await openProfiles({ ci: identities('ops') });
    const ada = person(true);
    expect(regionOf(await desk.run(`${command} -i Ops`, { person: ada }))).toBe('eu-ops-1');
    expect(ada.asked).toEqual(['Identity Ops is in profile ci. Use it? (Y/n)']);
  });

  test('is used from the chosen one of several profiles', async () => {
    const desk = await openProfiles({ ci: identities('ops'), cd: identities('ops'), x: '' });
    const ada = person('cd');
    expect(await desk.run(`${command} -i ops`, { person: ada })).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual([
      'Identity ops is in several profiles. Which profile should be used?: cd, ci',
    ]);
  });

  test('is suggested despite profiles.default, which was not chosen for this command', async () => {
    const desk = await openProfiles({ ci: identities('ops'), usual: '' });
    desk.configure(`${yamlOf(desk)}profiles: { default: usual }\n`);
    const ada = person(true);
    expect(await desk.run(`${command} -i ops`, { person: ada })).toMatchObject({ exitCode: 0 });
  });

  test('is not used when the user declines, which cancels the command', async () => {
    const desk = await openProfiles({ ci: identities('ops') });
    expect(await desk.run(`${command} -i ops`, { person: person(false) })).toMatchObject({
      code: 'ERR_CANCELLED',
      exitCode: 130,
    });
  });

  test('is reported with the profile when no one can be prompted', async () => {
    const desk = await openProfiles({ ci: identities('ops') });
    const { exitCode, code, stderr } = await desk.run(`${command} -i ops`);
    expect({ exitCode, code }).toEqual({ exitCode: 2, code: 'ERR_IDENTITY_UNKNOWN' });
    expect(stderr).toContain('hint: it is in profile ci: add --profile ci\n');
  });

  test.each([
    ['--profile other', {}, ''],
    ['', { ATMOS_PROFILE: 'other' }, ''],
    ['', {}, 'env: { ATMOS_PROFILE: other }\n'],
  ])('is not suggested if profiles were chosen: %s %j %s', async (option, env, more) => {
    const desk = await openProfiles({ ci: identities('ops'), other: '' });
    desk.configure(`${yamlOf(desk)}${more}`);
    const ada = person(true);
    const { code, stderr } = await desk.run(`${command} -i ops ${option}`, { person: ada, env });
    expect(code).toBe('ERR_IDENTITY_UNKNOWN');
    expect(stderr).toContain('hint: it is in profile ci: add --profile ci\n');
    expect(ada.asked).toEqual([]);
  });

  test('is not suggested if no profile has it, or if authentication is disabled', async () => {
    const desk = await openProfiles({ ci: identities('ops') });
    const ada = person(true);
    await desk.run(`${command} -i nobody`, { person: ada });
    await desk.run(`${command} -i dev`, { person: ada });
    await desk.run('auth exec -i off -- true', { person: ada });
    expect(ada.asked).toEqual([]);
  });
});

describe('no identity in atmos.yaml', () => {
  test('suggests a profile that has an identity', async () => {
    const desk = await openProfiles({ ci: identities('ops'), other: '' });
    desk.configure('auth: { keyring: { type: file } }\n');
    const ada = person(true, 'ops');
    expect(await desk.run(command, { person: ada })).toMatchObject({ exitCode: 0 });
    expect(ada.asked).toEqual(['An identity is in profile ci. Use it? (Y/n)', 'Identity: ops']);
  });

  test('names the profile when no one can be prompted', async () => {
    const desk = await openProfiles({ ci: identities('ops') });
    desk.configure('auth: { keyring: { type: file } }\n');
    expect(await desk.run(command)).toEqual({
      code: 'ERR_IDENTITY_REQUIRED',
      exitCode: 2,
      stdout: '',
      stderr:
        'error: no identities are configured\n' +
        'hint: profile ci has identities: add --profile ci\n' +
        'hint: add one under auth.identities in atmos.yaml\n',
    });
  });
});
