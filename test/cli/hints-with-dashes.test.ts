import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atmos } from '../../src/cli/command-specs/root.ts';
import { parseBashLine } from '../../src/cli/completion/complete.ts';
import { parseCommandLine } from '../../src/cli/parse/command-line.ts';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import { logOut, optionWords, run, type Hint } from '../../src/core/hint.ts';
import { device, keyOnStdin, openDesk, storedKey, type Desk } from './commands/desk.ts';

/** The arguments of a hint, as a shell and then our parser read them. */
function pasted(line: string) {
  const parsed = parseCommandLine(parseBashLine(line).words, atmos);
  if (parsed.kind === 'help') throw new Error(`this is help: ${line}`);
  const { identity, operand, globals, values } = parsed.invocation;
  const name = identity.kind === 'named' ? identity.name : operand;
  return { command: parsed.command, name, profile: globals.profile, values };
}

function pastedHint(hint: Hint) {
  return pasted(formatHint(hint, posixSyntax));
}

const names = ['-x', '--help', '-i', '--', '-x y', "-'$(id)", '=x', '-', 'plain'];

describe.each(names)('a name %j', (name) => {
  test('is the value of an option', () => {
    for (const option of ['-i', '--identity']) {
      const hint = run(['atmos', 'auth', 'login', ...optionWords(option, name), '--force']);
      expect(pastedHint(hint)).toMatchObject({ command: 'atmos auth login', name });
    }
    const hint = run(['atmos', 'auth', 'login', ...optionWords('--profile', name)]);
    expect(pastedHint(hint).profile).toEqual([name]);
  });

  test('is the identity to log out', () => {
    expect(pastedHint(logOut(name, true))).toMatchObject({ command: 'atmos auth logout', name });
  });
});

/** With an identity `-x`, a second one, and a third one in a profile `-p`. */
async function openDashes(entries = {}): Promise<Desk> {
  const desk = await openDesk({ entries, hasDevice: true });
  const aws = { kind: 'aws/user', spec: { endpoint_url: desk.sts.url } };
  const identities = { '-x': { ...aws, credentials: { mfa_arn: device } }, '-y': aws };
  desk.configure(JSON.stringify({ auth: { realm: 'r', keyring: { type: 'file' }, identities } }));
  const profile = join(desk.project, 'profiles/-p');
  mkdirSync(profile, { recursive: true });
  writeFileSync(
    join(profile, 'auth.yaml'),
    JSON.stringify({ auth: { identities: { '-z': aws } } }),
  );
  return desk;
}

/** The commands that a text shows, completed if only an option is shown. */
function commandsIn(text: string): string[] {
  const shown = /(atmos (?:auth|profile) [^\n]*)|add (-[^\n]*)/g;
  const lines = text.split('\n').filter((line) => /^(hint|Next|to use it|  )/.test(line));
  return lines.flatMap((line) =>
    [...line.matchAll(shown)].map(([, command, option]) =>
      (command ?? `atmos auth whoami ${option}`).replace('<code>', '123456').trim(),
    ),
  );
}

describe('every hint that names an identity or a profile can be pasted', () => {
  const entries = { 'atmos_r_-x': storedKey.atmos_r_dev };
  const damaged = { 'atmos_r_-x': '{"type":"aws","data":{}}' };
  const withoutKey = [
    'atmos auth user configure --identity=-x',
    'atmos auth login --identity=-x --webflow',
  ];
  const orphaned = { 'atmos_r_-gone@session': storedKey.atmos_r_dev };

  test.each([
    ['no key', {}, 'auth whoami -i=-x', withoutKey],
    ['no key', {}, 'auth login -i=-x', withoutKey],
    ['no session', entries, 'auth whoami -i=-x', ['atmos auth login --identity=-x']],
    [
      'no code',
      entries,
      'auth credential-process -i=-x',
      ['atmos auth login --identity=-x', 'atmos auth login --identity=-x --mfa-token 123456'],
    ],
    ['no default', {}, 'auth whoami', ['atmos auth whoami -i=-x']],
    ['no way to choose', {}, 'auth whoami -i', ['atmos auth whoami -i=-x']],
    ['an identity of a profile', {}, 'auth whoami -i=-z', ['atmos auth whoami --profile=-p']],
    [
      'an identity for a profile',
      {},
      'auth whoami --profile=-x',
      ['atmos auth whoami --identity=-x', 'atmos profile list'],
    ],
    ['damage', damaged, 'auth login -i=-x', ['atmos auth logout --identity=-x --keychain']],
    ['an orphan', orphaned, 'auth keyring prune', ['atmos auth logout --identity=-gone']],
  ])('%s: %s', async (_, given, line, expected) => {
    const desk = await openDashes(given);
    const { stderr } = await desk.run(line);
    const shown = commandsIn(stderr);
    expect({ stderr, shown }).toEqual({ stderr, shown: expected });
    for (const command of shown.filter((one) => one.includes('=-'))) {
      const { name, profile } = pasted(command);
      expect([name, ...profile]).toContainEqual(expect.stringMatching(/^-(x|p|gone)$/));
    }
  });

  test('after an access key was stored', async () => {
    const desk = await openDashes();
    const { exitCode, stderr } = await desk.run('auth user configure --stdin -i=-x', {
      input: keyOnStdin,
    });
    expect(exitCode).toBe(0);
    expect(commandsIn(stderr)).toEqual(['atmos auth login --identity=-x']);
    expect(pasted(commandsIn(stderr)[0] ?? '').name).toBe('-x');
  });
});

test('completion offers such a name only where it would be read as one', async () => {
  const desk = await openDashes();
  const complete = async (...words: string[]) =>
    (await desk.run(['__complete', '--', ...words])).stdout;
  expect(await complete('auth', 'whoami', '--identity=')).toBe('--identity=-x\n--identity=-y\n');
  expect(await complete('auth', 'whoami', '-i=-')).toBe('-i=-x\n-i=-y\n');
  expect(await complete('auth', 'whoami', '-i', '')).toBe('');
  expect(await complete('auth', 'logout', '')).toBe('');
});
