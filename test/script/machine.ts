import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { builtCli } from '../support/built.ts';
import { startSts } from '../support/sts-server.mjs';
import type { StsKey, StsOptions, StsServer } from '../support/sts-types.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

/** The access key of the machine's user. AWS's own examples. */
export const accessKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
export const keyOnStdin = JSON.stringify({
  access_key_id: accessKey.accessKeyId,
  secret_access_key: accessKey.secretAccessKey,
});
export const mfaDevice = 'arn:aws:iam::123456789012:mfa/emergency';
export const password = 'correct horse battery staple';

export interface Result {
  /** Null when a signal terminated the program. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to the machine's variables; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Default: the project. */
  readonly directory?: string;
  /** Called with each chunk of standard error. */
  readonly onStderr?: (text: string) => void;
}

/**
 * A machine of one user: a home directory, a project with an atmos.yaml, and a test server for AWS
 * STS.
 */
export interface Machine {
  readonly root: string;
  readonly home: string;
  readonly project: string;
  readonly keyring: string;
  readonly sts: StsServer;
  /** The variables of every program that is started. */
  readonly env: Record<string, string>;
  /** Replaces atmos.yaml. */
  writeConfig(text: string): void;
  /** Runs the built program without a terminal: `atmos('auth login')`. */
  atmos(command: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** Runs any program in the same way. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Result>;
}

export interface MachineOptions {
  /** The codes of the user's MFA device. Default: no device. */
  readonly mfaCodes?: readonly string[];
  readonly sts?: Omit<StsOptions, 'keys'>;
}

/** A new machine with a file keyring and one identity. It is removed when the test ends. */
export async function openMachine(options: MachineOptions = {}): Promise<Machine> {
  const { path: root, remove } = createTemporaryDirectory();
  const user: StsKey = { ...accessKey, account: '123456789012', userName: 'emergency' };
  if (options.mfaCodes) user.mfa = { arn: mfaDevice, codes: [...options.mfaCodes] };
  const sts = await startSts({ keys: [user], ...options.sts });
  const running = new Set<ChildProcess>();
  onTestFinished(async () => {
    await Promise.all([...running].map(end));
    await sts.close();
    remove();
  });
  const [home, project] = [join(root, 'home'), join(root, 'home/project')];
  mkdirSync(project, { recursive: true, mode: 0o700 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    ATMOS_KEYRING_PASSWORD: password,
    // AWS is on a loopback address here, where a project's file sends no MFA code without trust.
    ...(options.mfaCodes && { ATMOS_AUTH_TRUST: '1' }),
  };

  async function run(
    program: string,
    args: readonly string[],
    given: RunOptions = {},
  ): Promise<Result> {
    const child = spawn(program, args, {
      cwd: given.directory ?? project,
      env: { ...env, ...given.env },
      // A new session, so that the program cannot reach the terminal of the person who runs the
      // tests.
      detached: true,
    });
    running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      given.onStderr?.(text);
    });
    // A program that reads no input may have exited before it was written.
    child.stdin.on('error', () => {}).end(given.input ?? '');
    await once(child, 'close');
    running.delete(child);
    return { exitCode: child.exitCode, stdout, stderr };
  }

  const machine: Machine = {
    root,
    home,
    project,
    keyring: join(home, '.local/share/atmos/keyring'),
    sts,
    env,
    writeConfig: (text) => writeFileSync(join(project, 'atmos.yaml'), text),
    atmos: (command, given) => run(process.execPath, [builtCli(), ...wordsOf(command)], given),
    run,
  };
  machine.writeConfig(configOf(machine));
  return machine;
}

/** An atmos.yaml for the machine. `keyring` and `identity` are lines of YAML in their places. */
export function configOf(
  { sts }: Pick<Machine, 'sts'>,
  { keyring = 'type: file', identity = '' } = {},
): string {
  return `auth:
  realm: script
  keyring:
${indented(keyring, 4)}
  identities:
    emergency-user:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${sts.url}
${indented(identity, 6)}
`;
}

// Deriving an encryption key is slow, so the tests of a file copy one keyring.
const storage = createTemporaryDirectory();
afterAll(storage.remove);

/** A machine whose user has stored the access key. */
export async function openConfiguredMachine(options?: MachineOptions): Promise<Machine> {
  const machine = await openMachine(options);
  const stored = join(storage.path, 'keyring');
  if (!existsSync(stored)) {
    const { exitCode, stderr } = await machine.atmos('auth user configure --stdin', {
      input: keyOnStdin,
    });
    if (exitCode !== 0) throw new Error(`the key was not stored: ${stderr}`);
    cpSync(machine.keyring, stored, { recursive: true });
  }
  cpSync(stored, machine.keyring, { recursive: true });
  return machine;
}

/** A path as people see it. */
export function shown(path: string, { home }: Machine): string {
  return path.replace(home, '~');
}

/** The parameters of the GetSessionToken requests at the machine's STS. */
export function sessionCalls({ sts }: Machine): readonly unknown[] {
  return sts.calls.filter(({ action }) => action === 'GetSessionToken');
}

function wordsOf(command: string | readonly string[]): readonly string[] {
  return typeof command === 'string' ? command.split(' ') : command;
}

function indented(lines: string, by: number): string {
  return lines.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  await ended;
}
