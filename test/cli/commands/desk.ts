import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { atmos } from '../../../src/cli/command-specs/root.ts';
import { createContext } from '../../../src/cli/context.ts';
import type { GlobalOptions } from '../../../src/cli/global-options.ts';
import { parseCommandLine } from '../../../src/cli/parse/command-line.ts';
import { pickKnown } from '../../../src/cli/pick-known.ts';
import { createPrinter } from '../../../src/cli/printer.ts';
import { exitCodeOf, formatError, loadWriteHint } from '../../../src/cli/report.ts';
import { isAtmosError } from '../../../src/core/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import type { Keyring } from '../../../src/keyring/contract.ts';
import { contentsOf, seedKeyring } from '../../keyring/file/seed.ts';
import { fakeHost, testStart } from '../../support/fake-host.ts';
import { openTestKeyring, testPassword } from '../../support/file-keyring.ts';
import { startSts } from '../../support/sts-server.mjs';
import type { StsRole, StsServer } from '../../support/sts-types.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { captureStream } from '../capture.ts';
import type { Person } from './person.ts';

/** The user that AWS STS knows. */
export const user = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
  account: '012345678901',
  userName: 'ada',
};
export const device = 'arn:aws:iam::012345678901:mfa/ada';
export const codes = ['271828', '314159', '161803'] as const;
export const keyOnStdin = JSON.stringify({
  access_key_id: user.accessKeyId,
  secret_access_key: user.secretAccessKey,
});

export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The code of the error that stopped it. */
  readonly code?: string;
}

export interface RunOptions {
  /** Added to the desk's variables; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** The user at the terminal. Default: no terminal. */
  readonly person?: Person;
  readonly host?: Partial<Host>;
}

/**
 * A project on a machine with a file keyring and a test server for AWS STS. Commands run in this
 * process.
 */
export interface Desk {
  readonly root: string;
  readonly project: string;
  /** The directory of the file keyring. */
  readonly directory: string;
  readonly sts: StsServer;
  readonly clock: { now: Date };
  readonly env: Record<string, string>;
  /** Replaces atmos.yaml, and returns its path. */
  configure(text: string): string;
  /** `run('auth login -i dev')` */
  run(command: string | readonly string[], options?: RunOptions): Promise<Result>;
  /** The content of the keyring by file. */
  stored(): Record<string, string>;
  /** The keyring itself, opened outside of the commands. */
  openKeyring(): Keyring;
}

export interface DeskOptions {
  /** The initial entries of the keyring, with fast key derivation: {@link seedKeyring}. */
  readonly entries?: Readonly<Record<string, string>>;
  /** Whether the user has the MFA device. */
  readonly hasDevice?: boolean;
  /** The roles that exist. */
  readonly roles?: readonly StsRole[];
}

/**
 * The text of an atmos.yaml with one identity, `dev`. The arguments are lines of YAML in their
 * places.
 */
export function yamlOf({ sts }: Pick<Desk, 'sts'>, { keyring = 'type: file', identity = '' } = {}) {
  return `auth:
  realm: r
  keyring:
${indented(keyring, 4)}
  identities:
    dev:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${sts.url}
${indented(identity, 6)}
`;
}

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const root = temporaryDirectory();
  const [project, directory] = [join(root, 'project'), join(root, 'data/atmos/keyring')];
  mkdirSync(project, { mode: 0o700 });
  if (options.entries) cpSync(await seedKeyring(options.entries), directory, { recursive: true });
  const clock = { now: testStart };
  const mfa = options.hasDevice ? { mfa: { arn: device, codes: [...codes] } } : {};
  const sts = await startSts({
    keys: [{ ...user, ...mfa }],
    roles: [...(options.roles ?? [])],
    now: () => clock.now,
  });
  onTestFinished(() => sts.close());
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    XDG_DATA_HOME: join(root, 'data'),
    XDG_STATE_HOME: join(root, 'state'),
    ATMOS_KEYRING_PASSWORD: testPassword,
    // AWS is on a loopback address here, where a project's file sends no MFA code without trust.
    ...(options.hasDevice && { ATMOS_AUTH_TRUST: '1' }),
  };
  const config = join(project, 'atmos.yaml');
  const desk: Desk = {
    root,
    project,
    directory,
    sts,
    clock,
    env,
    configure(text) {
      writeFileSync(config, text, { mode: 0o644 });
      return config;
    },
    run: (command, given = {}) => run(desk, command, given),
    stored: () => (existsSync(directory) ? contentsOf(directory) : {}),
    openKeyring() {
      const keyring = openTestKeyring({ directory });
      onTestFinished(() => keyring.close());
      return keyring;
    },
  };
  desk.configure(yamlOf(desk));
  return desk;
}

async function run(
  desk: Desk,
  command: string | readonly string[],
  given: RunOptions,
): Promise<Result> {
  const args = typeof command === 'string' ? command.split(' ').filter(Boolean) : command;
  const [stdout, stderr] = [captureStream(), captureStream()];
  const stdin = new PassThrough();
  stdin.end(given.input ?? '');
  const host = fakeHost({
    env: { ...desk.env, ...given.env },
    homeDirectory: desk.root,
    scriptPath: '/opt/atmos-auth/dist/cli/main.cjs',
    programArguments: args,
    stdin,
    stdout,
    stderr,
    now: () => desk.clock.now,
    monotonicMs: () => performance.now(),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, signal && { signal }),
    workingDirectory: () => desk.project,
    ...given.host,
  });
  const done = (exitCode: number) => ({ exitCode, stdout: stdout.text(), stderr: stderr.text() });
  let globals: GlobalOptions | undefined;
  try {
    const onParsed = (parsed: GlobalOptions) => (globals = parsed);
    return done(await dispatch(host, args, onParsed, given.person));
  } catch (error) {
    const writeHint = await loadWriteHint({ host, globals });
    await createPrinter(host).note(...formatError(error, writeHint));
    const code = isAtmosError(error) ? error.code : String(error);
    return { ...done(exitCodeOf(error)), code };
  }
}

/** Like src/cli/run.ts, except for the prompts. */
async function dispatch(
  host: Host,
  args: readonly string[],
  onParsed: (globals: GlobalOptions) => void,
  who?: Person,
): Promise<number> {
  const parsed = parseCommandLine(args, atmos, host.env);
  if (parsed.kind === 'help') throw new Error('this is help');
  onParsed(parsed.invocation.globals);
  const journal = { start: () => Promise.resolve() };
  const context = createContext(host, parsed.invocation.globals, journal, parsed.command);
  const asking = who ? { ...context, prompt: who.prompt } : context;
  const invocation = await pickKnown(asking, parsed.spec, parsed.invocation);
  const command = await parsed.spec.load();
  return (await command(asking, invocation)) ?? 0;
}

/** A path of the desk as people read it: its root is their home directory. */
export function shortPath({ root }: Pick<Desk, 'root'>, path: string): string {
  return path.replace(root, '~');
}

/** The user's access key, as Atmos stores it for `dev`. */
export const storedKey = { atmos_r_dev: atmosEntry(user) };

/** An entry as Atmos writes it. */
function atmosEntry(key: { accessKeyId: string; secretAccessKey: string }): string {
  const data = { access_key_id: key.accessKeyId, secret_access_key: key.secretAccessKey };
  return JSON.stringify({ type: 'aws', data });
}

/** The number of requests for a session at the server. */
export function sessionCalls({ sts }: Pick<Desk, 'sts'>): number {
  return sts.calls.filter(({ action }) => action === 'GetSessionToken').length;
}

function indented(lines: string, by: number): string {
  return lines.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}
