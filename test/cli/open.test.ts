import { expect, onTestFinished, test } from 'vitest';
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
