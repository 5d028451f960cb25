import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { builtCli } from '../support/built.ts';
import { startSts } from '../support/sts-server.mjs';
import type { StsKey, StsOptions, StsServer } from '../support/sts-types.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

/** Of the user who works at the machine. AWS's own examples. */
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
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** On top of the machine's; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Default: the project. */
  readonly directory?: string;
  /** Told what comes on standard error, when it comes. */
  readonly onStderr?: (text: string) => void;
}

/** A machine of somebody's: a home, a project with an atmos.yaml, and AWS STS in reach. */
export interface Machine {
  readonly root: string;
  readonly home: string;
  readonly project: string;
  readonly keyring: string;
  readonly sts: StsServer;
  /** Of every program that is started. */
  readonly env: Record<string, string>;
  /** Replaces atmos.yaml. */
  writeConfig(text: string): void;
  /** Runs the built program, without a terminal: `atmos('auth login')`. */
  atmos(command: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** Runs any program so. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Result>;
}

export interface MachineOptions {
  /** What the user's device shows. Without it the user has none. */
  readonly mfaCodes?: readonly string[];
  readonly sts?: Omit<StsOptions, 'keys'>;
}

/** A new machine with a file keyring and one identity. All of it is gone when the test ends. */
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
    // AWS is on loopback here, where a project's file sends no MFA code without trust.
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
      // A session of its own, so that the terminal of whoever runs the tests is out of reach.
      detached: true,
    });
    running.add(child);
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      given.onStderr?.(text);
    });
    // One that takes no input may be gone before it came.
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

/** An atmos.yaml for the machine. `keyring` and `identity` are lines of YAML in their place. */
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

// Deriving a key takes long: the tests of a file copy one keyring.
const storage = createTemporaryDirectory();
afterAll(storage.remove);

/** A machine whose user has stored the key. */
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

/** What GetSessionToken was asked for at the machine's STS. */
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
