import { openAmbient } from '../src/clouds/aws/ambient-credentials.ts';
import { runConfiguredCommand } from '../src/clouds/run-command.ts';
import { openPermissionSet, openPortalPlace } from './clouds/aws/portal-place.ts';
import { openContext } from './clouds/open-context.ts';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { answerProcess } from '../src/app/answer-process.ts';
import { singleFlight } from '../src/auth/single-flight.ts';
import { readInput } from '../src/cli/ui/read-input.ts';
import { translateStsError } from '../src/clouds/aws/errors.ts';
import { meetEndpoint } from '../src/clouds/aws/meet-endpoint.ts';
import { listAwsSessionFiles } from '../src/clouds/aws/session-files.ts';
import type { StsCall } from '../src/clouds/aws/sts-answer.ts';
import { loadConfig } from '../src/auth/load-config.ts';
import { sha256 } from '../src/core/sha256.ts';
import type { Host } from '../src/host/host.ts';
import { acquireLock } from '../src/host/lock.ts';
import { realHost } from '../src/host/real.ts';
import { changeUserFile } from '../src/host/user-file.ts';
import { findAgent } from '../src/keyring/agent/connection.ts';
import { createAgentControl } from '../src/keyring/agent/control.ts';
import { bindSocket } from '../src/keyring/agent/listen.ts';
import { identifyKeyring } from '../src/keyring/agent/socket-path.ts';
import { fileStarter } from '../src/keyring/file/agent-backend.ts';
import { fileSubject } from '../src/keyring/file/agent-client.ts';
import { resolvePassword } from '../src/keyring/file/password.ts';
import { ensureState, lockState, statePaths } from '../src/keyring/file/state.ts';
import { busCall, connectSessionBus, type Bus } from '../src/keyring/system/linux/dbus/bus.ts';
import { text as textType, tupleOf } from '../src/keyring/system/linux/dbus/decode.ts';
import { createOperations } from '../src/keyring/system/linux/operations.ts';
import { followPrompt } from '../src/keyring/system/linux/service.ts';
import { createSecurity } from '../src/keyring/system/macos/security.ts';
import { agentSite, anHour } from './keyring/agent/agent-place.ts';
import { seedKeyring } from './keyring/file/seed.ts';
import { fakeHost } from './support/fake-host.ts';
import { createTestContext, testPassword } from './support/file-keyring.ts';
import { openBrokenBus } from './support/secret-service/broken-buses.mjs';
import { startFakeVault, usual } from './support/fake-vault.ts';
import { temporaryDirectory } from './support/temporary.ts';
import { openTestVault } from './support/vault-keyring.ts';

/** A portal that sends page after page, each after a while. */
async function slowListing(): Promise<unknown> {
  const place = await openPortalPlace();
  onTestFinished(() => place.center.close());
  const slow = { status: 429, headers: { 'retry-after': '4' }, body: '{}' };
  for (let page = 0; page < 20; page += 1) {
    const body = JSON.stringify({ accountList: [], nextToken: `${page}` });
    place.center.script({ action: 'ListAccounts', raw: slow });
    place.center.script({ action: 'ListAccounts', raw: { body } });
  }
  return openPermissionSet(place, { name: 'ReadOnly', account: { name: 'dev' } });
}

/** A server that accepts requests and never answers. */
async function silentVault(): Promise<unknown> {
  const { url } = await startFakeVault(() => undefined);
  return openTestVault({ spec: { address: url }, host: impatientHost() }).get('key');
}

async function slowVaultToken(): Promise<unknown> {
  const { url } = await startFakeVault(({ path }) => usual[path]);
  const host = { runShell: () => Promise.resolve(timedOut) };
  const spec = { address: url, 'auth.token_command': 'print-token' };
  return openTestVault({ spec, token: null, host }).get('key');
}

const never = new Promise<never>(() => {});
const timedOut = { exitCode: null, stdout: Buffer.alloc(0), timedOut: true, wroteTooMuch: false };

/** A host on which every limit passes at once, and every started program runs too long. */
function impatientHost(overrides: Partial<Host> = {}): Host {
  let nowMs = 0;
  return fakeHost({
    monotonicMs: () => nowMs,
    sleep: async (milliseconds) => void (nowMs += milliseconds),
    runShell: async () => timedOut,
    runProgram: async () => ({ ...timedOut, stderr: Buffer.alloc(0) }),
    startDetached: async () => ({ said: '', timedOut: true }),
    ...overrides,
  });
}

/** Locks a file until the test ends. */
async function hold(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const host = realHost();
  const lock = await acquireLock(path, { mode: 'exclusive', timeoutMs: 0, host });
  onTestFinished(() => lock?.release());
}

const stsCall: StsCall = {
  action: 'GetCallerIdentity',
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  region: 'eu-west-1',
  timeoutMs: 20_000,
  timedOut: true,
  at: new Date(),
  clockHints: [],
  exchange: { origin: 'https://sts.eu-west-1.amazonaws.com' },
};

/** Of this one the limit is a parameter, which is 3 seconds in the doctor. */
async function silentEndpoint(): Promise<unknown> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = new URL(`https://127.0.0.1:${port}`);
  const trusted = [() => undefined];
  const met = await meetEndpoint({ url, proxy: undefined, trusted, timeoutMs: 10 });
  throw new Error(met.failure);
}

async function lockedFlight(): Promise<unknown> {
  const host = impatientHost({ env: { XDG_STATE_HOME: temporaryDirectory() }, processId: 4242 });
  const options = {
    subject: ['identity', 'r', 'dev'],
    named: 'identity dev',
    timeoutMs: 120_000,
    host,
    isLockNeeded: true,
    isShared: () => false,
    warn: () => {},
  };
  let isStarted = () => {};
  const started = new Promise<void>((resolve) => (isStarted = resolve));
  let end = () => {};
  const first = singleFlight(options, async () => {
    isStarted();
    await new Promise<void>((resolve) => (end = resolve));
  });
  await started;
  try {
    return await singleFlight(options, () => never);
  } finally {
    end();
    await first;
  }
}

async function silentAgent(): Promise<unknown> {
  const site = await agentSite(await seedKeyring({ key: 'value' }));
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(site.place.socket, resolve));
  chmodSync(site.place.socket, 0o600);
  onTestFinished(() => void server.close());
  const { host } = site.context({ host: { sleep: async () => {} } });
  return findAgent(identifyKeyring(site.directory), host);
}

async function slowAgent(): Promise<unknown> {
  const site = await agentSite(await seedKeyring({ key: 'value' }));
  const host = { startDetached: impatientHost().startDetached };
  const context = site.context({ password: testPassword, host });
  return createAgentControl(fileSubject, async () => fileStarter).unlock(context, anHour);
}

async function lockedAgentPlace(): Promise<unknown> {
  const directory = temporaryDirectory();
  await hold(join(directory, 'lock'));
  return bindSocket({ directory, socket: join(directory, 'socket') }, impatientHost());
}

async function lockedKeyring(): Promise<unknown> {
  const host = impatientHost();
  const paths = statePaths(temporaryDirectory());
  ensureState(paths, host.userId);
  await hold(paths.lock);
  return lockState(paths, 'exclusive', host);
}

async function lockedSessionFile(): Promise<unknown> {
  const homeDirectory = temporaryDirectory();
  const host = impatientHost({ homeDirectory });
  const path = join(homeDirectory, '.config/atmos/r/aws/aws-user/credentials');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '[dev]\naws_session_token = x\n');
  await hold(`${path}.lock`);
  const [file] = listAwsSessionFiles(host, { identities: ['dev'], providers: [] } as never);
  return file?.remove([file]);
}

async function lockedUserFile(): Promise<unknown> {
  const homeDirectory = temporaryDirectory();
  const file = { value: join(homeDirectory, 'config'), source: 'AWS_CONFIG_FILE' };
  const locks = join(homeDirectory, '.local/state/atmos/locks');
  await hold(join(locks, sha256(file.value).slice(0, 32)));
  return changeUserFile(file, impatientHost({ homeDirectory }), (text) => `${text}x`);
}

async function passwordPipe(): Promise<unknown> {
  const path = join(temporaryDirectory(), 'pipe');
  execFileSync('mkfifo', [path]);
  const said = { value: path, source: 'auth.keyring.spec.password_file' };
  return resolvePassword(contextOf({ passwordFile: said }), false);
}

function passwordCommand(): Promise<unknown> {
  const said = { value: 'pass', source: 'auth.keyring.spec.password_command' };
  return resolvePassword(contextOf({ passwordCommand: said }), false);
}

function contextOf(settings: Parameters<typeof createTestContext>[0]['settings']) {
  const host = impatientHost();
  return createTestContext({ directory: '/k', password: null, settings, host } as never);
}

function configCommand(): Promise<unknown> {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'atmos.yaml'), 'auth: { realm: !exec slow }\n');
  const host = impatientHost({
    env: { ATMOS_AUTH_TRUST: '1' },
    workingDirectory: () => directory,
  });
  return loadConfig({}, host);
}

async function silentBus(after: 'connect' | 'authentication'): Promise<unknown> {
  const { env, close } = await openBrokenBus({ after });
  onTestFinished(close);
  // The limit of authentication is the first, and that of the call Hello the second.
  let limits = 0;
  const sleep = () => (++limits === (after === 'connect' ? 1 : 2) ? Promise.resolve() : never);
  const bus = await connectSessionBus(impatientHost({ env, sleep }));
  return bus.call(busCall('GetId'), tupleOf(textType));
}

function silentService(): Promise<unknown> {
  const context = {
    host: impatientHost(),
    type: { value: 'system', source: 'default' },
    settings: {},
  };
  const connection = { close: async () => {} };
  return createOperations(context, connection as never).operation('read from', () => never);
}

function unansweredPrompt(): Promise<unknown> {
  const bus = {
    nextSignal: () => ({ message: never, forget: () => {} }),
    call: async () => [],
    isOpen: () => false,
  } as unknown as Bus;
  return followPrompt(bus, impatientHost(), { prompt: '/p' }, 'to unlock the keyring');
}

async function silentKeychain(): Promise<unknown> {
  const { failure } = await createSecurity(impatientHost())(['x'], { mayAsk: true });
  throw new Error(failure?.reason);
}

function slowTokenCommand(): Promise<unknown> {
  const command = { command: 'token', title: 'the token command', place: '/p/atmos.yaml:3:5' };
  const limits = { timeoutMs: 20_000, maxBytes: 100 };
  return runConfiguredCommand(command, openContext(impatientHost()), limits);
}

function silentAmbient(): Promise<unknown> {
  return openAmbient(
    { name: 'dev', locate: () => '/p/atmos.yaml' },
    {},
    openContext(impatientHost(), { timeoutMs: 5_000 }),
  );
}

const timeouts: readonly [
  file: string,
  waitedFor: string,
  seconds: number,
  run: () => Promise<unknown>,
][] = [
  [
    'app/answer-process.ts',
    'the keyring and AWS',
    50,
    () => answerProcess(() => never, impatientHost()),
  ],
  [
    'auth/single-flight.ts',
    'process 4242 has been opening a session for identity dev',
    120,
    lockedFlight,
  ],
  [
    'cli/ui/read-input.ts',
    'standard input',
    60,
    () => readInput(impatientHost({ stdin: new PassThrough() })),
  ],
  [
    'clouds/aws/ambient-credentials.ts',
    'the shared files and the role of the instance',
    5,
    silentAmbient,
  ],
  ['clouds/aws/meet-endpoint.ts', 'no answer', 0.01, silentEndpoint],
  ['clouds/run-command.ts', 'the token command (/p/atmos.yaml:3:5)', 20, slowTokenCommand],
  [
    'clouds/network-failure.ts',
    'https://sts.eu-west-1.amazonaws.com',
    20,
    async () => {
      throw translateStsError(new Error(), stsCall);
    },
  ],
  [
    'clouds/network-failure.ts',
    'https://sts.eu-west-1.amazonaws.com',
    5,
    async () => {
      throw translateStsError(Object.assign(new Error(), { name: 'TimeoutError' }), {
        ...stsCall,
        timedOut: false,
      });
    },
  ],
  ['clouds/aws/atmos-files.ts', 'aws-user/credentials: another process', 10, lockedSessionFile],
  ['clouds/aws/portal.ts', 'sso:ListAccounts', 60, slowListing],
  ['config/commands.ts', 'auth.realm', 30, configCommand],
  ['host/user-file.ts', 'config: process', 10, lockedUserFile],
  ['keyring/agent/connection.ts', 'it did not answer', 5, silentAgent],
  ['keyring/agent/control.ts', 'the unlock agent', 30, slowAgent],
  ['keyring/agent/listen.ts', 'another agent', 5, lockedAgentPlace],
  [
    'keyring/file/password.ts',
    'the password command (from auth.keyring.spec.password_command)',
    30,
    passwordCommand,
  ],
  ['keyring/read-bounded.ts', '(from auth.keyring.spec.password_file)', 5, passwordPipe],
  ['keyring/file/state.ts', 'has been locked by process', 30, lockedKeyring],
  ['keyring/system/linux/dbus/bus.ts', 'the session bus', 5, () => silentBus('connect')],
  [
    'keyring/system/linux/dbus/bus.ts',
    'org.freedesktop.DBus did not answer Hello',
    5,
    () => silentBus('authentication'),
  ],
  ['keyring/system/linux/operations.ts', 'the Secret Service', 45, silentService],
  ['keyring/system/linux/service.ts', 'the question to unlock the keyring', 30, unansweredPrompt],
  ['keyring/system/macos/security.ts', 'the keychain', 30, silentKeychain],
  ['keyring/vault/errors.ts', 'the vault server http://127.0.0.1:', 5, silentVault],
  [
    'keyring/vault/token-sources.ts',
    'the token command (from auth.keyring.spec.auth.token_command (/p/atmos.yaml:3:5))',
    30,
    slowVaultToken,
  ],
];

describe('an error of a time limit says what was waited for, and for how many seconds', () => {
  test.each(timeouts)('%s: %s', async (_, waitedFor, seconds, run) => {
    const error: unknown = await run().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const { message } = error as Error;
    expect(message).toContain(waitedFor);
    expect(message).toMatch(new RegExp(`(within|for) ${seconds} seconds`));
  });

  test('the table has every file with such a message', () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
    const naming = files.filter(
      (file) =>
        file.endsWith('.ts') &&
        /(within|for) (\$\{[^}]*\}|\d+|a) (seconds|minute|s)\b.*[`']/.test(
          readFileSync(join('src', file), 'utf8'),
        ),
    );
    expect(naming.sort()).toEqual([...new Set(timeouts.map(([file]) => file))].sort());
  });
});
