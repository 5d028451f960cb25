import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTestKeyring } from '../support/file-keyring.ts';
import type { PtySession } from '../support/pty.ts';
import { atTerminal } from './at-terminal.ts';
import { installBrowser, openPortal, type Corp } from './corp.ts';
import { password, type Result } from './machine.ts';

// Many processes need a token of one portal at the same time: three providers, two realms, three
// directories. The token in the keyring has expired, and the session at the portal has ended.

const limitMs = 180_000;
const names = ['a', 'b', 'c'] as const;
const realms = { one: 'first', two: 'second', three: 'first' } as const;
const directories = Object.keys(realms) as (keyof typeof realms)[];

const configOf = ({ center }: Corp, realm: string) => `auth:
  realm: ${realm}
  keyring: { type: file }
  providers:
${names
  .map(
    (name) =>
      `    portal-${name}: { kind: aws/iam-identity-center, start_url: '${center.startUrl}', region: ${center.region}, spec: { endpoint_url: '${center.url}', flow: device } }\n`,
  )
  .join('')}  identities:
${names
  .map(
    (name) =>
      `    ${name}: { kind: aws/permission-set, via: { provider: portal-${name} }, principal: { name: ReadOnly, account: { id: '111111111111' } } }\n`,
  )
  .join('')}`;

/** A program that waits, or has ended. */
interface Caller {
  /** Resolves when the program waits for another process. Rejects if it never does. */
  readonly waiting: Promise<void>;
  readonly ended: Promise<Result>;
}

async function openOffice() {
  const machine = await openPortal();
  const pages = installBrowser(machine);
  machine.env['ATMOS_AUTH_TRUST'] = '1';
  const pathOf = (directory: keyof typeof realms) => join(machine.project, directory);
  for (const directory of directories) {
    mkdirSync(pathOf(directory));
    writeFileSync(join(pathOf(directory), 'atmos.yaml'), configOf(machine, realms[directory]));
  }
  const { center, atmos } = machine;
  const signIn = atTerminal(machine, 'auth login --provider portal-a', pathOf('one'));
  await signIn.waitFor('Continue only if the page shows the code ');
  center.approve();
  expect(await signIn.ended).toMatchObject({ exitCode: 0 });
  await expect.poll(pages).toHaveLength(1);
  await expireTokens(machine);
  center.endPortalSessions();
  const before = center.requests();

  /** A program with a terminal, where a person can be asked. */
  const ask = (at: number): PtySession =>
    atTerminal(machine, `auth login -i ${names[at % 3]}`, pathOf(directories[at % 2] ?? 'one'));
  const start = (words: readonly string[], directory: string): Caller => {
    let onStderr: (text: string) => void = () => {};
    const isWaiting = new Promise<void>((resolve) => {
      onStderr = (text) => {
        if (text.includes('waiting for process')) resolve();
      };
    });
    const ended = machine.atmos(words, { directory, onStderr });
    const hasEnded = ended.then(({ stderr }) => {
      throw new Error(`it did not wait: ${stderr}`);
    });
    const waiting = Promise.race([isWaiting, hasEnded]);
    // Not every test waits for it.
    waiting.catch(() => {});
    return { waiting, ended };
  };

  return {
    ...machine,
    ask,
    /** A program without a terminal. */
    runSilently: (at: number) =>
      start(['auth', 'login', '-i', names[at % 3] ?? ''], pathOf(directories[at % 3] ?? 'one')),
    /** What SDKs run: a handle, in a directory without configuration. */
    askAsSdk: (handle: string) =>
      start(['auth', 'credential-process', '--handle', handle], machine.root),
    async handleOf(at: number): Promise<string> {
      const directory = pathOf(directories[at % 3] ?? 'one');
      const words = `auth env --format json -i ${names[Math.floor(at / 3) % 3]}`;
      const { stdout } = await atmos(words, { directory });
      const { AWS_CONFIG_FILE: file } = JSON.parse(stdout) as Record<string, string>;
      return file?.replace(/\.aws-config$/, '.json') ?? '';
    },
    newPages: () => pages().slice(1),
    newCalls: (action: string) => (center.requests()[action] ?? 0) - (before[action] ?? 0),
  };
}

/** Makes the stored tokens ones that expired yesterday. */
async function expireTokens({ keyring: directory }: Corp): Promise<void> {
  const keyring = openTestKeyring({ directory, password });
  try {
    for (const key of await keyring.keys()) {
      const entry = JSON.parse((await keyring.get(key)) ?? '');
      const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString();
      const data = { ...entry.data, expiration: yesterday };
      await keyring.set(key, JSON.stringify({ ...entry, data }));
    }
  } finally {
    await keyring.close();
  }
}

/** Starts programs at terminals: the first one shows the page, the others wait for it. */
async function askMany(office: Awaited<ReturnType<typeof openOffice>>, count: number) {
  const holder = office.ask(0);
  await holder.waitFor('Continue only if the page shows the code ');
  const others = Array.from({ length: count - 1 }, (_, at) => office.ask(at + 1));
  await Promise.all(others.map((session) => session.waitFor('Waiting for process')));
  return { holder, others };
}

describe('processes that need one token', { timeout: limitMs }, () => {
  test('show one page, and all thirty have their sessions once the person has signed in', async () => {
    const office = await openOffice();
    const handles = await Promise.all(Array.from({ length: 9 }, (_, at) => office.handleOf(at)));
    const { holder, others } = await askMany(office, 6);
    const callers = Array.from({ length: 12 }, (_, at) => office.runSilently(at));
    await Promise.all(callers.map(({ waiting }) => waiting));
    const sdks = [...handles, ...handles.slice(0, 3)].map((handle) => office.askAsSdk(handle));
    await Promise.all(sdks.map(({ waiting }) => waiting));
    office.center.approve();
    for (const session of [holder, ...others]) {
      expect(await session.ended).toMatchObject({ exitCode: 0 });
    }
    for (const { ended } of callers) expect(await ended).toMatchObject({ exitCode: 0 });
    for (const { ended } of sdks) {
      const { exitCode, stdout } = await ended;
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ AccessKeyId: expect.stringMatching(/^ASIA/) });
    }
    expect(office.newPages()).toHaveLength(1);
    expect(office.newCalls('StartDeviceAuthorization')).toBe(1);
    // Three identities in two realms.
    expect(office.newCalls('GetRoleCredentials')).toBe(6);
    expect(office.center.problems()).toEqual([]);
  });

  test('all get the refusal of the person, and no second page', async () => {
    const office = await openOffice();
    const handles = [await office.handleOf(0), await office.handleOf(4)];
    const { holder, others } = await askMany(office, 4);
    const callers = [office.runSilently(0), office.runSilently(1)];
    callers.push(...handles.map((handle) => office.askAsSdk(handle)));
    await Promise.all(callers.map(({ waiting }) => waiting));
    office.center.deny();
    for (const session of [holder, ...others]) {
      await session.waitFor('was refused');
      expect(await session.ended).toMatchObject({ exitCode: 4 });
    }
    for (const { ended } of callers) {
      const { exitCode, stdout, stderr } = await ended;
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toMatch(/the sign-in to https:\S+ \(provider portal-[abc]\) was refused\n/);
    }
    expect(office.newPages()).toHaveLength(1);
    expect(office.newCalls('StartDeviceAuthorization')).toBe(1);
  });

  test('show one more page if the process that shows it is killed', async () => {
    const office = await openOffice();
    const { holder, others } = await askMany(office, 8);
    const shown = office.center.answered('StartDeviceAuthorization');
    process.kill(holder.pid, 'SIGKILL');
    await shown;
    await expect.poll(office.newPages).toHaveLength(2);
    office.center.approve();
    for (const session of others) expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(office.newPages()).toHaveLength(2);
    expect(office.newCalls('StartDeviceAuthorization')).toBe(2);
  });
});

describe('a program that cannot ask', { timeout: limitMs }, () => {
  test('names the command to run if no one signs in, and opens no page', async () => {
    const office = await openOffice();
    const handle = await office.handleOf(1);
    const callers = [
      [office.runSilently(0), ''],
      [office.askAsSdk(handle), ` --chdir ${join(office.project, 'two')}`],
    ] as const;
    for (const [caller, option] of callers) {
      const { exitCode, stdout, stderr } = await caller.ended;
      expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
      expect(stderr).toContain(`hint: atmos auth login --provider portal-a${option}\n`);
    }
    expect(office.newPages()).toEqual([]);
    expect(office.newCalls('StartDeviceAuthorization')).toBe(0);
  });

  test('fails after its time limit if the person has not signed in by then', async () => {
    const office = await openOffice();
    const handle = await office.handleOf(1);
    await askMany(office, 1);
    const first = office.askAsSdk(handle);
    await first.waiting;
    // It waits for the first one, and after that for the sign-in.
    const second = office.askAsSdk(handle);
    await second.waiting;
    for (const { ended } of [first, second]) {
      const { exitCode, stdout, stderr } = await ended;
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain(' has been opening a session for ');
    }
    expect(office.newPages()).toHaveLength(1);
  });
});
