import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { planAuth } from '../../src/auth/plan.ts';
import { atmos } from '../../src/cli/command-specs/root.ts';
import { createContext } from '../../src/cli/context.ts';
import { askingOptions, signInFor } from '../../src/cli/open.ts';
import { parseCommandLine } from '../../src/cli/parse/command-line.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost, testStart } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { testPassword } from '../support/file-keyring.ts';
import { codes, device, keyOnStdin, openDesk, yamlOf } from './commands/desk.ts';
import { person } from './commands/person.ts';

// The common behavior of commands that open a keyring and a session, tested with one command each.

const noPassword = { ATMOS_KEYRING_PASSWORD: undefined };

test('the password of a new keyring must be long enough, and is typed twice', async () => {
  const desk = await openDesk();
  const ada = person('short', 'long enough', 'long enogh', 'long enough');
  const stored = await desk.run('auth user configure --stdin', {
    input: keyOnStdin,
    env: noPassword,
    person: ada,
  });
  expect(stored).toMatchObject({ exitCode: 0 });
  expect(stored.stderr.match(/^hint: .*/gm)).toEqual(['hint: atmos auth keyring unlock']);
  expect(ada.asked).toEqual([
    `Choose a password for the new keyring ~/data/atmos/keyring`,
    '  The password needs at least 8 bytes',
    'Repeat the password',
    '  The passwords are different',
  ]);

  const again = person('long enough');
  expect(
    await desk.run('auth keyring list --long', { env: noPassword, person: again }),
  ).toMatchObject({ exitCode: 0, stderr: 'hint: atmos auth keyring unlock\n' });
  expect(again.asked).toEqual(['Password of the keyring ~/data/atmos/keyring']);
});

test('a keyring without a password is not created', async () => {
  const desk = await openDesk();
  const options = { input: keyOnStdin, env: noPassword };
  expect(await desk.run('auth user configure --stdin', options)).toEqual({
    code: 'ERR_KEYRING_PASSWORD_REQUIRED',
    exitCode: 3,
    stdout: '',
    stderr:
      `error: the file keyring ${desk.directory} needs a password: ATMOS_KEYRING_PASSWORD is not set, and no one can be prompted (there is no terminal)\n` +
      'hint: atmos auth keyring unlock\n' +
      'hint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>\n',
  });
  const ada = person('long enough');
  expect(await desk.run('auth user configure --stdin', { ...options, person: ada })).toMatchObject({
    code: 'ERR_CANCELLED',
    exitCode: 130,
  });
  expect(desk.stored()).toEqual({});
});

test('a session that could not be stored is used, with a warning', async () => {
  const desk = await openDesk({ hasDevice: true });
  const key = JSON.parse(keyOnStdin) as Record<string, string>;
  const lines = [
    `mfa_arn: ${device}`,
    ...Object.entries(key).map(([name, value]) => `${name}: ${value}`),
  ];
  desk.configure(yamlOf(desk, { identity: `credentials:\n  ${lines.join('\n  ')}` }));
  const { exitCode, stdout, stderr } = await desk.run(
    `auth env --credentials env -f json --mfa-token ${codes[0]}`,
    { env: { ATMOS_KEYRING_PASSWORD: 'short' } },
  );
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ AWS_SESSION_TOKEN: expect.any(String) });
  expect(stderr).toMatch(
    /^warning: the session is used, but could not be stored: the password for /,
  );
});

test('the password of the keyring is overwritten as soon as a session is open', async () => {
  const desk = await openDesk();
  const configured = await desk.run('auth user configure --stdin', { input: keyOnStdin });
  expect(configured).toMatchObject({ exitCode: 0 });
  const overwritten = recordOverwritten();
  const result = await desk.run('auth env --credentials env -f json');
  expect(result).toMatchObject({ exitCode: 0 });
  expect(overwritten).toContain(testPassword);
});

/** The content of every Buffer that was filled with zeros until the test ends. */
function recordOverwritten(): readonly string[] {
  const overwritten: string[] = [];
  const fill: unknown = Reflect.get(Buffer.prototype, 'fill');
  onTestFinished(() => void Reflect.set(Buffer.prototype, 'fill', fill));
  Reflect.set(Buffer.prototype, 'fill', function record(this: Buffer, ...given: unknown[]) {
    overwritten.push(this.toString());
    return Reflect.apply(fill as (...all: unknown[]) => Buffer, this, given);
  });
  return overwritten;
}

test('a warning that cannot be shown is not a failure', async () => {
  const desk = await openDesk();
  desk.configure(yamlOf(desk, { identity: 'session:\n  duration: 48h' }));
  const key = { input: keyOnStdin };
  expect(await desk.run('auth user configure --stdin', key)).toMatchObject({ exitCode: 0 });
  const stderr = {
    write: (_: string, done: (error?: Error | null) => void) =>
      done(Object.assign(new Error('write'), { code: 'ENOSPC' })),
  };
  const { exitCode, stdout } = await desk.run('auth credential-process', { host: { stderr } });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ Version: 1 });
});

function parsed(words: string) {
  const result = parseCommandLine(words.split(' '), atmos);
  if (result.kind === 'help') throw new Error('this is help');
  return result.invocation;
}

test('the options of a command say how a person signs in on a page', () => {
  const nothing = { isInteractive: true, mfaToken: undefined };
  expect(askingOptions(parsed('auth login'))).toEqual({
    ...nothing,
    signIn: { opensBrowser: true },
  });
  expect(askingOptions(parsed('auth exec --no-browser --mfa-token 123456 -- x'))).toEqual({
    isInteractive: true,
    mfaToken: '123456',
    signIn: { opensBrowser: false },
  });
  for (const command of ['login', 'shell', 'env']) {
    expect(askingOptions(parsed(`auth ${command} --device-code`))).toEqual({
      ...nothing,
      signIn: { flow: 'device', opensBrowser: true },
    });
  }
});

describe('signing in on a page', () => {
  const journal = { start: () => Promise.resolve() };

  /** In an SSH session, so that the machine of the test does not matter. */
  function signIn(env: Host['env'] = {}, options: { words?: string; canPrompt?: boolean } = {}) {
    const { words = 'auth login', canPrompt = true } = options;
    const host = fakeHost({
      env: { SSH_TTY: '/dev/pts/1', ...env },
      canPrompt: () => Promise.resolve(canPrompt),
    });
    const invocation = parsed(words);
    const context = createContext(host, invocation.globals, journal, 'atmos auth login');
    return signInFor(context, planAuth(undefined, host), askingOptions(invocation));
  }

  test('is possible only where a person can be prompted', async () => {
    expect(await signIn()).toMatchObject({ showPage: expect.any(Function) });
    expect(await signIn({}, { canPrompt: false })).toBeUndefined();
    expect(await signIn({ CI: 'true' })).toBeUndefined();
    expect(await signIn({ GITHUB_ACTIONS: 'true' })).toBeUndefined();
    expect(await signIn({ CI: 'false' })).toBeDefined();
    expect(await signIn({ CI: '1' }, { words: 'auth login --interactive' })).toBeDefined();
    expect(await signIn({ ATMOS_INTERACTIVE: 'false' })).toBeUndefined();
    expect(await signIn({}, { words: 'auth login --interactive=false' })).toBeUndefined();
    const host = fakeHost({ canPrompt: () => Promise.resolve(true) });
    const { globals } = parsed('auth login');
    const context = createContext(host, globals, journal, 'atmos auth login');
    const plan = planAuth(undefined, host);
    const signIns = { opensBrowser: true };
    for (const options of [{ isInteractive: true }, { isInteractive: false, signIn: signIns }]) {
      expect(await signInFor(context, plan, options)).toBeUndefined();
    }
  });

  test.skipIf(process.platform === 'win32')(
    'a browser gets no secret of this program, and is not opened with --no-browser',
    async () => {
      const directory = temporaryDirectory();
      const [browser, record] = [join(directory, 'browser'), join(directory, 'record')];
      writeFileSync(browser, `#!/bin/sh\nenv >'${record}.part'; mv '${record}.part' '${record}'\n`);
      chmodSync(browser, 0o755);
      const env = {
        BROWSER: browser,
        PATH: process.env['PATH'],
        ATMOS_KEYRING_PASSWORD: 'canary-password',
        ATMOS_MFA_TOKEN: 'canary-code',
        KEPT: 'yes',
      };
      const page = {
        url: new URL('https://device.sso.example.com/'),
        named: 'provider corp',
        expiresAt: testStart,
      };
      const quiet = await signIn(env, { words: 'auth login --no-browser' });
      await quiet?.showPage(page, AbortSignal.abort());
      const loud = await signIn(env);
      await loud?.showPage(page, AbortSignal.abort());
      await expect.poll(() => existsSync(record)).toBe(true);
      const got = readFileSync(record, 'utf8');
      expect(got).toContain('KEPT=yes');
      expect(got).not.toContain('canary');
      expect(quiet).not.toHaveProperty('openPage');
    },
  );
});
