import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host, ProgramOptions } from '../../../../src/host/host.ts';
import { realHost } from '../../../../src/host/real.ts';
import type { OnStep } from '../../../../src/keyring/chunked-store.ts';
import type { BackendContext, Keyring } from '../../../../src/keyring/contract.ts';
import { openKeychainKeyring } from '../../../../src/keyring/system/macos/keyring.ts';
import { createTemporaryDirectory } from '../../../support/create-temporary.ts';
import { openMachine } from '../../../support/security/machine.mjs';
import { runSecurity } from '../../../support/security/stand-in.mjs';
import type { KeychainItem, MachineState } from '../../../support/security/types.ts';

const main = fileURLToPath(new URL('../../../support/security-main.mjs', import.meta.url));

/** A program run that was requested from the host. */
export interface RecordedRun extends ProgramOptions {
  readonly program: string;
  readonly args: readonly string[];
}

/** A Mac with one keychain and the fake `security`. */
export interface TestMac {
  /** Path of the keychain, which is the default one. */
  readonly path: string;
  readonly directory: string;
  readonly host: Host;
  readonly context: BackendContext;
  readonly runs: RecordedRun[];
  open(onStep?: OnStep): Keyring;
  change(change: (state: MachineState) => void): void;
  items(): KeychainItem[];
  put(...items: Partial<KeychainItem>[]): void;
  /** The prompts of macOS, one line each. */
  asked(): string[];
  contents(): unknown;
  /** Runs `security` directly. */
  security(
    args: readonly string[],
    input?: string,
  ): { exitCode: number | null; stdout: string; stderr: string };
  remove(): void;
}

export interface TestMacOptions {
  readonly host?: Partial<Host>;
  /** Runs the fake `security` as a separate process, which is 100 times slower. */
  readonly asChild?: boolean;
}

export function createTestMac({ host, asChild = false }: TestMacOptions = {}): TestMac {
  const { path: directory, remove } = createTemporaryDirectory();
  const path = join(directory, 'login.keychain-db');
  const machine = openMachine(directory);
  machine.write(path, { password: 'open sesame', items: [] });
  machine.write(join(directory, 'state.json'), {
    defaultKeychain: path,
    searchList: [path],
    locked: [],
    hasDisplay: true,
    person: 'allows',
    guarded: [],
    silent: [],
    failing: {},
  } satisfies MachineState);
  const runs: RecordedRun[] = [];

  const bytes = (text: string) => Buffer.from(text).toString('latin1');

  const runProgram: Host['runProgram'] = async (program, args, options) => {
    runs.push({ program, args, ...options });
    const nothing = { stderr: Buffer.alloc(0), timedOut: false, wroteTooMuch: false };
    if (program === '/bin/launchctl' && args.join(' ') === 'managername') {
      const name = machine.state().hasDisplay ? 'Aqua' : 'Background';
      return { exitCode: 0, stdout: Buffer.from(`${name}\n`), ...nothing };
    }
    if (program !== '/usr/bin/security') throw new Error(`no test runs ${program}`);
    if (asChild) {
      const env = { ...options.env, SECURITY_STAND_IN: directory };
      return realHost().runProgram(process.execPath, [main, ...args], { ...options, env });
    }
    const run = runSecurity(directory, args.map(bytes), bytes(options.input ?? ''));
    const timedOut = run.exitCode === null;
    const wroteTooMuch = run.stdout.length + run.stderr.length > options.maxBytes;
    return { ...run, timedOut, wroteTooMuch };
  };

  const env = {
    HOME: '/Users/somebody',
    PATH: '/usr/bin:/bin',
    AWS_SECRET_ACCESS_KEY: 'not for it',
  };
  const mac: Host = { ...realHost(), platform: 'darwin', env, runProgram, ...host };
  const context: BackendContext = {
    type: { value: 'system', source: 'default' },
    settings: undefined,
    host: mac,
  };
  const asked = join(directory, 'asked');

  return {
    path,
    directory,
    host: mac,
    context,
    runs,
    open: (onStep) => openKeychainKeyring(context, onStep),
    change: machine.change,
    items: () => machine.read(path).items,
    put(...items) {
      const keychain = machine.read(path);
      keychain.items.push(...items.map((item) => ({ ...anItem, ...item })));
      machine.write(path, keychain);
    },
    asked: () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : []),
    contents: () => [machine.state(), machine.read(path)],
    security(args, input = '') {
      const { exitCode, stdout, stderr } = runSecurity(directory, args.map(bytes), bytes(input));
      return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
    },
    remove,
  };
}

/** An item of another program. */
const anItem: KeychainItem = {
  class: 'genp',
  service: 'key',
  account: 'atmos-auth',
  label: 'key',
  secret: '',
  isOpenToAll: false,
  trusted: [],
  createdAt: '20260101000000Z',
  modifiedAt: '20260101000000Z',
};
