import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startWriter } from '../fault/processes.ts';
import { compileProgram, type Program } from '../support/compile.ts';
import { atTerminal } from './at-terminal.ts';
import { secretsIn } from './canary.ts';
import {
  configOf,
  keyOnStdin,
  openMachine,
  password,
  type Machine,
  type RunOptions,
} from './machine.ts';

const command = 'auth keyring recipients';

interface Person {
  readonly identity: string;
  readonly recipient: string;
  /** The variables of this person's machine. */
  readonly env: NonNullable<RunOptions['env']>;
}

async function person(machine: Machine, name: string): Promise<Person> {
  const identity = await generateX25519Identity();
  const file = join(machine.home, name, 'identity.txt');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${identity}\n`, { mode: 0o600 });
  const env = {
    AGE_IDENTITY_FILE: file,
    ATMOS_XDG_STATE_HOME: join(machine.home, name, 'state'),
    ATMOS_KEYRING_PASSWORD: undefined,
    ATMOS_AUTH_TRUST: undefined,
  };
  return { identity, env, recipient: await identityToRecipient(identity) };
}

function writeRecipients(machine: Machine, recipients: readonly string[], path = ''): void {
  const spec = `recipients: [${recipients.join(', ')}]\n  identity_file: !env AGE_IDENTITY_FILE`;
  const keyring = `type: file\nspec:\n  ${spec}${path === '' ? '' : `\n  path: ${path}`}`;
  machine.writeConfig(configOf(machine, { keyring }));
}

/** Ann has stored the access key for herself and Ben. */
async function openShared() {
  const machine = await openMachine();
  const [ann, ben] = [await person(machine, 'ann'), await person(machine, 'ben')];
  writeRecipients(machine, [ann.recipient, ben.recipient]);
  const stored = await machine.atmos('auth user configure --stdin', {
    env: { ...ann.env, ATMOS_AUTH_TRUST: '1' },
    input: keyOnStdin,
  });
  expect(stored).toMatchObject({ exitCode: 0 });
  return { machine, ann, ben };
}

const list = (machine: Machine, { env }: Pick<Person, 'env'>) =>
  machine.atmos('auth keyring list --long', { env });

describe('the readers of a keyring', () => {
  test('that a project names do not create a keyring without trust', async () => {
    const machine = await openMachine();
    const ann = await person(machine, 'ann');
    writeRecipients(machine, [ann.recipient]);
    const options = { env: ann.env, input: keyOnStdin };
    const refused = await machine.atmos('auth user configure --stdin', options);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain(
      `is not trusted: it creates a keyring that these readers can decrypt: ${ann.recipient} (set by auth.keyring.spec.recipients`,
    );
    await machine.atmos('auth trust --yes', options);
    const stored = await machine.atmos('auth user configure --stdin', options);
    expect(stored).toMatchObject({ exitCode: 0 });
  });

  test('do not change when a project names another one', async () => {
    const { machine, ann, ben } = await openShared();
    const eve = await person(machine, 'eve');
    writeRecipients(machine, [ann.recipient, ben.recipient, eve.recipient]);
    // Storing needs no trust: the readers of this keyring are not those of the project's file.
    const login = await machine.atmos('auth login --force', { env: ann.env });
    expect(login).toMatchObject({ exitCode: 0 });
    const shown = await machine.atmos(`${command} list -o json`, { env: ann.env });
    expect(JSON.parse(shown.stdout)).toMatchObject({ missing: [eve.recipient], unlisted: [] });
    const refused = await list(machine, eve);
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain(`${eve.recipient} is not one of its readers`);
  });

  test('cannot be those of another keyring that a project brings', async () => {
    const { machine, ann, ben } = await openShared();
    const eve = await person(machine, 'eve');
    const path = join(machine.project, 'keys');
    writeRecipients(machine, [ann.recipient, eve.recipient], path);
    const planted = await machine.atmos('auth user configure --stdin', {
      env: { ...eve.env, ATMOS_AUTH_TRUST: '1' },
      input: keyOnStdin,
    });
    expect(planted).toMatchObject({ exitCode: 0 });
    for (const { env } of [ann, ben]) {
      const refused = await machine.atmos('auth user configure --stdin', {
        env,
        input: keyOnStdin,
      });
      expect(refused).toMatchObject({ exitCode: 3 });
    }
    const refused = await list(machine, ann);
    expect(refused.stderr).toContain(`the keyring ${path} was not accepted on this machine`);
    expect(refused.stderr).toContain('hint: to see its readers and to accept it on this machine');
  });
});

test('recipients add and list report what is new, missing and to be done', async () => {
  const { machine, ann, ben } = await openShared();
  const eve = await person(machine, 'eve');
  const run = (line: string) => machine.atmos(`${command} ${line}`, { env: ann.env });
  const again = await run(`add ${ben.recipient} ${ben.recipient}`);
  expect(again).toMatchObject({ exitCode: 0, stdout: '' });
  expect(again.stderr).toBe(
    `not changed: ${ben.recipient} could already read the keyring ~/.local/share/atmos/keyring\n`,
  );
  writeRecipients(machine, [ann.recipient, ben.recipient, eve.recipient]);
  const listed = await run('list');
  expect(listed.stderr).toContain(`in the configuration, but not readers: ${eve.recipient}
hint: to let them read every entry: atmos auth keyring recipients add ${eve.recipient}
hint: or remove them from auth.keyring.spec.recipients
`);
  const added = await run(`add ${eve.recipient} ${eve.recipient}`);
  expect(added.stderr).toContain(`✓ ${eve.recipient} can now read the keyring`);
  rmSync(join(machine.keyring, '.state/secret.age'));
  const missing = await run('list');
  expect(missing).toMatchObject({ exitCode: 3 });
  expect(missing.stderr).toContain('the wrapped secret of the keyring');
});

describe('recipients accept', () => {
  test('shows the readers at a terminal, and accepts only after a confirmation', async () => {
    const { machine, ann, ben } = await openShared();
    const own = { ...machine, env: definedOnly({ ...machine.env, ...ben.env }) };
    const no = atTerminal(own, `${command} accept`);
    await no.waitFor('Did a reader confirm this fingerprint?');
    expect(no.shown()).toContain(ann.recipient);
    no.type('n\r');
    expect(await no.ended).not.toMatchObject({ exitCode: 0 });
    expect(no.shown()).toContain('not accepted: nothing was recorded');
    expect(await list(machine, ben)).toMatchObject({ exitCode: 3 });
    const yes = atTerminal(own, `${command} accept`);
    await yes.waitFor('Did a reader confirm this fingerprint?');
    yes.type('y\r');
    expect(await yes.ended).toMatchObject({ exitCode: 0 });
    expect(await list(machine, ben)).toMatchObject({ exitCode: 0 });
  });
});

test('a keyring with a password is imported into one with readers', async () => {
  const machine = await openMachine();
  const ann = await person(machine, 'ann');
  const stored = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(stored).toMatchObject({ exitCode: 0 });
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  const path = join(machine.home, 'shared');
  writeRecipients(machine, [ann.recipient]);
  const env = { ...ann.env, ATMOS_AUTH_TRUST: '1', ATMOS_KEYRING_IMPORT_PASSWORD: password };
  const old = await machine.atmos('auth keyring list --long', { env });
  expect(old).toMatchObject({ exitCode: 3 });
  expect(old.stderr).toContain(`the keyring ${machine.keyring} has a password and no readers`);
  writeRecipients(machine, [ann.recipient], path);
  const words = ['auth', 'keyring', 'import', '--from', 'atmos-file', '--path', machine.keyring];
  const imported = await machine.atmos(words, { env });
  expect(imported).toMatchObject({ exitCode: 0 });
  // No system keyring runs, so a session would be kept only until the process exits.
  expect(imported.stderr).toContain('1 copied: from atmos-file');
  expect(imported.stderr).toContain(
    'not copied, other entries:\n  atmos_script_emergency-user@session\n',
  );
  expect(await list(machine, ann)).toMatchObject({ exitCode: 0 });
});

describe('an agent of a keyring with readers', () => {
  test('needs the identity once, and stops when the secret changes', async () => {
    const { machine, ann, ben } = await openShared();
    const unlocked = await machine.atmos('auth keyring unlock', { env: ben.env });
    expect(unlocked.stderr).toContain('was not accepted on this machine');
    const shown = await machine.atmos('auth keyring unlock -o json', { env: ann.env });
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    const { process_id: processId } = JSON.parse(shown.stdout);
    onTestFinished(() => {
      if (isRunning(processId)) process.kill(processId, 'SIGKILL');
    });
    const identityFile = String(ann.env['AGE_IDENTITY_FILE']);
    renameSync(identityFile, `${identityFile}.away`);
    expect(await list(machine, ann)).toMatchObject({ exitCode: 0 });
    expect(await machine.atmos('auth login', { env: ann.env })).toMatchObject({ exitCode: 0 });
    renameSync(`${identityFile}.away`, identityFile);
    const removed = await machine.atmos(`${command} remove ${ben.recipient}`, { env: ann.env });
    expect(removed).toMatchObject({ exitCode: 0 });
    expect(removed.stderr).toContain('1 entry was re-encrypted');
    await expect.poll(() => isRunning(processId)).toBe(false);
    expect(await list(machine, ann)).toMatchObject({ exitCode: 0 });
  });
});

describe('keyring unlock after a removal that was killed', () => {
  let program: Program;

  beforeAll(async () => {
    program = await compileProgram('test/fault/readers-program.ts');
  });

  afterAll(() => program.remove());

  /** Ann's removal of Cleo is killed after so many steps. */
  async function killRemoval(machine: Machine, cleo: Person, steps: number): Promise<string> {
    const home = join(machine.home, 'ann');
    const env = { PATH: machine.env['PATH'], HOME: home, XDG_STATE_HOME: join(home, 'state') };
    const args = ['remove', machine.keyring, cleo.recipient, `${steps}`];
    const victim = startWriter(program.file, args, env);
    const line = await victim.line('');
    await victim.kill();
    return line;
  }

  /** Unlocks the keyring, uses it, and locks it again. The exit code and message of unlock. */
  async function unlock(machine: Machine, { env }: Person) {
    const { exitCode, stdout, stderr } = await machine.atmos('auth keyring unlock -o json', {
      env,
    });
    if (exitCode !== 0) return { exitCode, stderr };
    const { process_id: processId } = JSON.parse(stdout);
    onTestFinished(() => {
      if (isRunning(processId)) process.kill(processId, 'SIGKILL');
    });
    expect(await list(machine, { env })).toMatchObject({ exitCode: 0 });
    expect(await machine.atmos('auth keyring lock', { env })).toMatchObject({ exitCode: 0 });
    return { exitCode, stderr };
  }

  test.each([
    [14, 'entries staged', false],
    [21, 'entry replaced', true],
  ] as const)('at step %i, "%s"', { timeout: 120_000 }, async (steps, step, isDecided) => {
    const machine = await openMachine();
    const [ann, ben, cleo] = [
      await person(machine, 'ann'),
      await person(machine, 'ben'),
      await person(machine, 'cleo'),
    ];
    writeRecipients(
      machine,
      [ann, ben, cleo].map(({ recipient }) => recipient),
    );
    const options = { env: { ...ann.env, ATMOS_AUTH_TRUST: '1' }, input: keyOnStdin };
    await machine.atmos('auth user configure --stdin', options);
    const listed = await machine.atmos(`${command} list -o json`, { env: ann.env });
    const accept = (fingerprint: unknown, { env }: Person) =>
      machine.atmos(`${command} accept --fingerprint ${String(fingerprint)}`, { env });
    for (const other of [ben, cleo])
      expect(await accept(JSON.parse(listed.stdout).fingerprint, other)).toMatchObject({
        exitCode: 0,
      });

    expect(await killRemoval(machine, cleo, steps)).toBe(`reached ${step}`);
    const removed = await unlock(machine, cleo);
    expect(removed.exitCode).toBe(isDecided ? 3 : 0);
    if (isDecided) expect(removed.stderr).toContain('was removed from the readers');
    expect(await unlock(machine, ann)).toEqual({ exitCode: 0, stderr: '' });
    const other = await unlock(machine, ben);
    expect(other.exitCode).toBe(isDecided ? 3 : 0);
    if (!isDecided) return;
    expect(other.stderr).toContain('atmos auth keyring recipients accept');
    const [, fingerprint] = /its fingerprint is (\w+)/.exec(other.stderr) ?? [];
    expect(await accept(fingerprint, ben)).toMatchObject({ exitCode: 0 });
    expect(await unlock(machine, ben)).toEqual({ exitCode: 0, stderr: '' });
  });
});

test('without identity_file no command prompts for a password, or proposes to unlock', async () => {
  const { machine, ann } = await openShared();
  machine.writeConfig(configOf(machine, { keyring: 'type: file' }));
  const message = `has readers, and auth.keyring.spec.identity_file is not set`;
  const hint = 'hint: set it to the file that age-keygen -o FILE made for you';
  for (const line of [
    'auth login',
    'auth keyring list --long',
    'auth keyring unlock',
    'auth keyring doctor',
    'auth user configure --stdin',
  ]) {
    const ran = await machine.atmos(line, { env: ann.env, input: keyOnStdin });
    expect({ line, ...ran }).not.toMatchObject({ exitCode: 0 });
    expect(`${ran.stdout}${ran.stderr}`).toContain(message);
    expect(`${ran.stdout}${ran.stderr}`).not.toContain('hint: atmos auth keyring unlock');
    if (line !== 'auth keyring doctor') expect(ran.stderr).toContain(hint);
  }
  const status = await machine.atmos('auth keyring status', { env: ann.env });
  expect(status.stderr).toContain(
    `State       locked: the keyring ~/.local/share/atmos/keyring ${message}`,
  );
  expect(status.stderr).not.toContain('hint: atmos auth keyring unlock');
  const source = await machine.atmos(
    `auth keyring import --from atmos-file --path ${machine.keyring}`,
    { env: { ...ann.env, ATMOS_KEYRING_FILE_PATH: join(machine.home, 'mine') } },
  );
  expect(source.stderr).toContain(message);
});

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

test('the secret and the identity are in no output, and in no file but their own', async () => {
  const { machine, ann, ben } = await openShared();
  const revealed = await machine.atmos('auth keyring unlock --print-password --reveal', {
    env: ann.env,
  });
  expect(revealed).toMatchObject({ exitCode: 0, stderr: '' });
  const secrets = {
    secret: revealed.stdout.trim(),
    identity: ann.identity.slice('AGE-SECRET-KEY-1'.length),
  };
  const outputs: string[] = [];
  for (const line of [
    `${command} list`,
    `${command} add ${ann.recipient}`,
    `${command} remove ${ben.recipient}`,
    `${command} accept`,
    `${command} add ${ann.identity}`,
    `${command} remove ${ann.identity}`,
    'auth keyring status -o json',
    'auth keyring doctor',
    'auth keyring list --long --logs-level Trace',
  ]) {
    const { stdout, stderr } = await machine.atmos(line, { env: ann.env });
    outputs.push(stdout, stderr);
  }
  expect(secretsIn(outputs.join('\n'), secrets)).toEqual([]);
  const files = readdirSync(machine.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'identity.txt')
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  expect(secretsIn(files.join('\n'), secrets)).toEqual([]);
});

function definedOnly(env: NonNullable<RunOptions['env']>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
