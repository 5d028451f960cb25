import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startSignin } from '../support/aws/signin.mjs';
import type { Signin, SigninOptions } from '../support/aws/signin-types.ts';
import { builtCli } from '../support/built.ts';
import { openTestKeyring } from '../support/file-keyring.ts';
import type { PtySession } from '../support/pty.ts';
import { atTerminal } from './at-terminal.ts';
import { installBrowser, lastPage } from './corp.ts';
import { keyOnStdin, openMachine, password, type Machine } from './machine.ts';

interface Person extends Machine {
  readonly signin: Signin;
}

/** A machine of a person who has no access key, and may sign in in a browser. */
async function openPerson(
  enabled: 'true' | 'false' | '' = 'true',
  options: SigninOptions = {},
): Promise<Person> {
  const trust = [{ principal: 'arn:aws:iam::123456789012:root' }];
  const roles = [{ arn: 'arn:aws:iam::123456789012:role/admin', trust }];
  const machine = await openMachine({ sts: { roles } });
  const signin = await startSignin({
    pages: 'allow',
    onCredentials: machine.sts.addUserSession,
    ...options,
  });
  onTestFinished(signin.close);
  machine.env['AWS_ENDPOINT_URL_SIGNIN'] = signin.url;
  machine.env['AWS_ENDPOINT_URL_STS'] = machine.sts.url;
  machine.writeConfig(`auth:
  realm: r
  keyring: { type: file }
  identities:
    ada:
      kind: aws/user
      default: true
      ${enabled === '' ? '' : `credentials: { webflow_enabled: ${enabled} }`}
    admin:
      kind: aws/assume-role
      via: { identity: ada }
      principal: { assume_role: arn:aws:iam::123456789012:role/admin }
    long:
      kind: aws/assume-role
      via: { identity: ada }
      principal: { assume_role: arn:aws:iam::123456789012:role/admin, duration: 2h }
`);
  return { ...machine, signin };
}

/** Signs in, with the browser of the machine. */
async function signIn(machine: Person, command = 'auth login'): Promise<void> {
  installBrowser(machine);
  const session = atTerminal(machine, command);
  await session.waitFor('Logged in as ada');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
}

async function shownPage(session: PtySession): Promise<string> {
  await session.waitFor('Sign in for identity ada on this page until ');
  await session.waitFor('\r\n');
  await session.waitFor('\r\n');
  return /https?:[!-~]+/.exec(session.shown())?.[0] ?? '';
}

const [exchange, refresh] = [
  'CreateOAuth2Token authorization_code',
  'CreateOAuth2Token refresh_token',
];

test('a person signs in with the browser of this machine, and programs get the session', async () => {
  const machine = await openPerson();
  const opened = installBrowser(machine);
  const session = atTerminal(machine, 'auth login');
  await session.waitFor('Logged in as ada');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  expect(opened()).toEqual([expect.stringContaining(`${machine.signin.url}/v1/authorize?`)]);
  const whoami = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(whoami.stdout)).toMatchObject({ principal: machine.signin.principal });
  const { stdout } = await machine.atmos('auth credential-process');
  const expiry = Date.parse((JSON.parse(stdout) as { Expiration: string }).Expiration);
  expect(expiry - Date.now()).toBeLessThanOrEqual(900_000);
  expect(machine.signin.requests()).toEqual({ Authorize: 1, [exchange]: 1 });
  expect(machine.signin.problems()).toEqual([]);
});

test('a person whose browser is on another device pastes the code of the page', async () => {
  const machine = await openPerson();
  const session = atTerminal(machine, 'auth login --no-browser');
  const page = await shownPage(session);
  expect(page).toContain('cross-device');
  const label = 'Enter the code that the last page shows: ';
  await session.waitFor(label);
  session.type('no code\r');
  await session.waitFor('this is not the code of the last page of the sign-in');
  await session.waitFor(label);
  session.type(`${Buffer.from('state=other&code=secret-code').toString('base64')}\r`);
  await session.waitFor('this code belongs to another sign-in');
  await session.waitFor(label);
  const shown = await (await fetch(page)).text();
  const code = /<h1>([\w+/=]+)<\/h1>/.exec(shown)?.[1] ?? '';
  // Wrapped, as by a mail program or a narrow window.
  session.type(`\u001b[200~${code.slice(0, 20)}\r\n ${code.slice(20)}\u001b[201~\r`);
  await session.waitFor('Logged in as ada');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  expect(machine.signin.problems()).toEqual([]);
});

test('a redirect with the state of another sign-in is refused, and the wait goes on', async () => {
  const machine = await openPerson();
  installBrowser(machine);
  machine.env['BROWSER'] = 'true';
  const session = atTerminal(machine, 'auth login');
  const address = new URL(await lastPage(await shownPage(session)));
  const forged = new URL(address);
  forged.searchParams.set('state', 'other');
  expect((await fetch(forged)).status).toBe(400);
  expect((await fetch(address, { method: 'POST' })).status).toBe(405);
  expect((await fetch(address)).status).toBe(200);
  await session.waitFor('Logged in as ada');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
});

test('a sign-in of another person is refused if one is expected, else a warning names both', async () => {
  const machine = await openPerson();
  await signIn(machine);
  const mallory = 'arn:aws:iam::999999999999:user/mallory';
  const other = await startSignin({
    pages: 'allow',
    principal: mallory,
    onCredentials: machine.sts.addUserSession,
  });
  onTestFinished(other.close);
  machine.env['AWS_ENDPOINT_URL_SIGNIN'] = other.url;
  const config = join(machine.project, 'atmos.yaml');
  const before = readFileSync(config, 'utf8');
  const enabled = 'credentials: { webflow_enabled: true }';
  const expected = `spec: { expect: { account: "123456789012" } }`;
  machine.writeConfig(before.replace(enabled, `${enabled}\n      ${expected}`));
  installBrowser(machine);
  const refused = atTerminal(machine, 'auth login --webflow');
  await refused.waitFor('expects the account "123456789012"');
  await refused.waitFor(`but ${mallory} signed in`);
  expect(await refused.ended).toMatchObject({ exitCode: 4 });
  expect((await machine.atmos('auth keyring list --long')).stdout).not.toContain('mallory');
  machine.writeConfig(before);
  const session = atTerminal(machine, 'auth login --webflow');
  await session.waitFor(
    `identity ada was signed in as ${machine.signin.principal}, and is now ${mallory}`,
  );
  await session.waitFor(`Logged in as ada (${mallory}) until `);
  expect(await session.ended).toMatchObject({ exitCode: 0 });
});

test('a person who refuses sees so in the browser and in the terminal', async () => {
  const machine = await openPerson('true', { pages: 'deny' });
  installBrowser(machine);
  machine.env['BROWSER'] = 'true';
  const session = atTerminal(machine, 'auth login');
  const response = await fetch(await lastPage(await shownPage(session)));
  expect(response.status).toBe(400);
  await session.waitFor('the sign-in to AWS (identity ada) was refused');
  expect(await session.ended).toMatchObject({ exitCode: 4 });
});

test('where no one can be asked, no page is opened and nothing is requested', async () => {
  const machine = await openPerson();
  const opened = installBrowser(machine);
  for (const command of ['auth login', 'auth exec -- true', 'auth credential-process']) {
    const { exitCode, stderr } = await machine.atmos(command);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 4,
      stderr: expect.stringContaining('needs a sign-in in the browser: no one has signed in'),
    });
    expect(stderr).toContain('atmos auth login --identity ada --webflow');
  }
  expect(opened()).toEqual([]);
  expect(machine.signin.calls).toEqual([]);
});

test('without webflow_enabled, only --webflow opens a browser, and its sign-in is renewed', async () => {
  const machine = await openPerson('');
  const opened = installBrowser(machine);
  const session = atTerminal(machine, 'auth login');
  await session.waitFor('no access key is stored for identity ada');
  expect(await session.ended).toMatchObject({ exitCode: 4 });
  expect(opened()).toEqual([]);
  await signIn(machine, 'auth login --webflow');
  endSession(machine);
  expect(await machine.atmos('auth exec -- true')).toMatchObject({ exitCode: 0 });
  expect(machine.signin.requests()[refresh]).toBe(1);
  expect(machine.signin.problems()).toEqual([]);
});

test('--webflow is refused where the configuration or the kind does not allow it', async () => {
  const machine = await openPerson('false');
  const disabled = await machine.atmos('auth login --webflow');
  expect(disabled).toMatchObject({ exitCode: 2 });
  expect(disabled.stderr).toContain(
    'identity ada cannot be opened by a sign-in in the browser: credentials.webflow_enabled',
  );
  const role = await machine.atmos('auth login -i admin --webflow');
  expect(role).toMatchObject({ exitCode: 2 });
  expect(role.stderr).toContain('is of kind aws/assume-role');
  expect(role.stderr).toContain(
    'hint: to sign in for the user that opens it: atmos auth login --identity ada --webflow\n',
  );
  const withCode = await machine.atmos('auth login --webflow --mfa-token 123456');
  expect(withCode).toMatchObject({
    exitCode: 2,
    stderr:
      'error: --webflow and --mfa-token cannot be combined\nhint: leave out --mfa-token: the page of AWS asks for the code\n',
  });
  const provider = await machine.atmos('auth login --provider x --webflow');
  expect(provider).toMatchObject({ exitCode: 2 });
  expect(machine.signin.calls).toEqual([]);
});

test('processes that need a session at the same time renew it once', async () => {
  const machine = await openPerson();
  await signIn(machine);
  endSession(machine);
  machine.signin.script({ action: refresh, delayMs: 300 });
  const command = 'auth credential-process';
  const results = await Promise.all([machine.atmos(command), machine.atmos(command)]);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(results[0]?.stdout).toBe(results[1]?.stdout);
  expect(machine.signin.requests()[refresh]).toBe(1);
});

test('a sign-in survives a process that was killed after the service had renewed it', async () => {
  const machine = await openPerson();
  await signIn(machine);
  endSession(machine);
  let answer = () => {};
  machine.signin.script({
    action: refresh,
    answerAfter: new Promise((resolve) => (answer = resolve)),
  });
  const { project: cwd, env } = machine;
  const killed = spawn(process.execPath, [builtCli(), 'auth', 'login'], { cwd, env });
  const exited = once(killed, 'exit');
  await expect.poll(() => machine.signin.requests()[refresh]).toBe(1);
  killed.kill('SIGKILL');
  await exited;
  answer();
  expect(await machine.atmos('auth exec -- true')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(machine.signin.requests()).toEqual({ Authorize: 1, [exchange]: 1, [refresh]: 2 });
  endSession(machine);
  expect(await machine.atmos('auth exec -- true')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(machine.signin.problems()).toEqual([]);
});

test('a refresh token that is dead is reported with the command that signs in again', async () => {
  const machine = await openPerson('');
  await signIn(machine, 'auth login --webflow');
  endSession(machine);
  machine.signin.endSessions('USER_CREDENTIALS_CHANGED');
  for (const command of ['auth exec -- true', 'auth credential-process', 'auth login']) {
    const { exitCode, stdout, stderr } = await machine.atmos(command);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 4,
      stdout: '',
      stderr: `error: identity ada needs a sign-in in the browser: AWS does not renew the sign-in of ${machine.signin.principal} (USER_CREDENTIALS_CHANGED, status 403)\nhint: atmos auth login --identity ada --webflow\n`,
    });
  }
  expect(machine.signin.requests()).toMatchObject({ [refresh]: 1 });
  await signIn(machine, 'auth login');
});

test('a stored sign-in without its DPoP key is reported, and a new one replaces it', async () => {
  const machine = await openPerson();
  await signIn(machine);
  endSession(machine);
  await changeSignIn(machine, (renewal) => delete renewal['dpop_key']);
  const { exitCode, stderr } = await machine.atmos('auth exec -- true');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 4,
    stderr: `error: identity ada needs a sign-in in the browser: the stored sign-in of ${machine.signin.principal} has no valid DPoP key\nhint: atmos auth login --identity ada --webflow\n`,
  });
  const fault = `the stored sign-in of ${machine.signin.principal} has no valid DPoP key`;
  const whoami = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(whoami.stdout)).toMatchObject({ reason: `there is no session; ${fault}` });
  const doctor = await machine.atmos('auth keyring doctor -o json');
  expect(JSON.parse(doctor.stdout)).toMatchObject({
    network: [
      { endpoint: machine.sts.url, identities: ['ada', 'admin', 'long'] },
      { endpoint: machine.signin.url, identities: ['ada'] },
    ],
    sign_in: {
      identities: [
        {
          identity: 'ada',
          state: 'warning',
          message: `identity ada: ${fault}`,
          hint: 'atmos auth login --identity ada --webflow',
        },
      ],
    },
  });
  expect((await planOf(machine)).links).toMatchObject([{ may_ask: ['browser'] }]);
  expect(machine.signin.requests()).not.toHaveProperty([refresh]);
  await signIn(machine);
});

test('a stored sign-in that is damaged is reported, and a new one replaces it', async () => {
  const machine = await openPerson('');
  await signIn(machine, 'auth login --webflow');
  endSession(machine);
  const keyring = openTestKeyring({ directory: machine.keyring, password });
  await keyring.set('atmos_r_ada@token', '{"credentials":');
  await keyring.close();
  const { exitCode, stderr } = await machine.atmos('auth exec -- true');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 4,
    stderr: expect.stringMatching(
      /^error: identity ada needs a sign-in in the browser: the entry atmos_r_ada@token cannot be used: .+\nhint: atmos auth login --identity ada --webflow\n$/,
    ),
  });
  const whoami = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(whoami.stdout)).toMatchObject({
    reason: expect.stringMatching(
      /^there is no session; the entry atmos_r_ada@token cannot be used/,
    ),
  });
  await signIn(machine, 'auth login');
});

test('a role of more than one hour needs an access key, and the error says what opens it without', async () => {
  const machine = await openPerson();
  await signIn(machine);
  const { exitCode, stderr } = await machine.atmos('auth exec -i long -- true');
  expect({ exitCode, stderr }).toEqual({
    exitCode: 4,
    stderr: expect.stringContaining(
      'no access key is stored for identity ada, and a role of more than one hour is opened with one',
    ),
  });
  expect(stderr).toContain('hint: atmos auth user configure --identity ada\n');
  expect(stderr).toContain(
    'hint: set principal.duration of the role to 1h: then a session of the user opens it\n',
  );
  const planned = await planOf(machine, '-i long');
  expect(planned.links.at(-1)).toMatchObject({
    action: 'open',
    max_duration: null,
    may_ask: [],
    problem:
      'no access key of identity ada is stored or can be read, and a role of more than one hour is opened with one',
  });
  const shown = await machine.atmos('auth login --plan -i long');
  expect(shown.stdout).toContain('cannot open a session: no access key of identity ada');
  expect(shown.stdout).toContain('A login as long would fail\n');
});

test('a session of 15 minutes opens a role', async () => {
  const machine = await openPerson();
  await signIn(machine);
  for (const count of [1, 2]) {
    const { exitCode, stderr } = await machine.atmos('auth exec -i admin -- true');
    expect({ count, exitCode, stderr }).toEqual({ count, exitCode: 0, stderr: '' });
  }
  expect(machine.sts.requests()).toEqual({ AssumeRole: 1 });
  endSession(machine);
  endSession(machine, 'admin');
  expect(await machine.atmos('auth exec -i admin -- true')).toMatchObject({ exitCode: 0 });
  expect(machine.signin.requests()).toMatchObject({ [refresh]: 1 });
});

test('a stored key is used instead of a sign-in, and removes it', async () => {
  const machine = await openPerson();
  await signIn(machine);
  const stored = await machine.atmos('auth user configure --stdin', { input: keyOnStdin });
  expect(stored).toMatchObject({ exitCode: 0 });
  expect(await machine.atmos('auth exec -- true')).toMatchObject({ exitCode: 0 });
  expect(machine.sts.requests()).toMatchObject({ GetSessionToken: 1 });
  const { stdout } = await machine.atmos('auth logout -i ada --dry-run -o json');
  expect(stdout).not.toContain('@token');
  await signIn(machine, 'auth login --webflow');
  expect(machine.signin.requests()).toMatchObject({ Authorize: 2 });
});

test('login --plan, list and whoami know the sign-in', async () => {
  const machine = await openPerson();
  const plan = (options = '') => planOf(machine, options);
  expect((await plan()).links).toMatchObject([
    { because: 'absent', may_ask: ['browser'], max_duration: 900 },
  ]);
  await signIn(machine);
  expect((await plan()).links).toMatchObject([{ because: null, may_ask: [] }]);
  expect((await plan('--webflow')).links).toMatchObject([
    { because: 'forced', may_ask: ['browser'], max_duration: 900 },
  ]);
  const doctor = await machine.atmos('auth keyring doctor -o json');
  expect(JSON.parse(doctor.stdout)).toMatchObject({
    sign_in: {
      identities: [
        {
          identity: 'ada',
          principal: machine.signin.principal,
          state: 'ok',
          message: expect.stringMatching(
            /^identity ada: arn:aws:iam::\d+:user\/\w+ is signed in until \d{4}-.+Z$/,
          ),
          hint: null,
        },
      ],
    },
  });
  const list = await machine.atmos('auth list');
  expect(list.stdout).toContain('ada');
  endSession(machine);
  expect((await plan()).links).toMatchObject([
    { because: 'absent', may_ask: [], max_duration: 900, problem: null },
  ]);
  const whoami = await machine.atmos('auth whoami -o json');
  expect(JSON.parse(whoami.stdout)).toMatchObject({
    valid: false,
    reason: expect.stringMatching(
      /^there is no session; until .+, the next use renews it by the sign-in of arn:aws:iam::/,
    ),
  });
  expect(await machine.atmos('auth validate')).toMatchObject({
    exitCode: 0,
    stderr: 'ok: ~/project/atmos.yaml\n',
  });
});

test('login --plan promises no session without a key and without webflow_enabled', async () => {
  const machine = await openPerson('');
  expect((await planOf(machine)).links).toMatchObject([
    {
      action: 'open',
      max_duration: null,
      may_ask: [],
      problem: 'no access key of identity ada is stored or can be read',
    },
  ]);
});

test('logout removes the sign-in with the session', async () => {
  const machine = await openPerson();
  await signIn(machine);
  const { stdout } = await machine.atmos('auth logout -i ada -o json');
  expect(stdout).toContain('atmos_r_ada@token');
  expect(stdout).toContain('atmos_r_ada@session');
  expect(await machine.atmos('auth exec -- true')).toMatchObject({ exitCode: 4 });
  expect(machine.signin.requests()).not.toHaveProperty([refresh]);
});

interface PlanJson {
  readonly links: readonly {
    readonly because: string;
    readonly may_ask: readonly string[];
    readonly max_duration: number | null;
    readonly problem: string | null;
  }[];
}

async function planOf(machine: Machine, options = ''): Promise<PlanJson> {
  const { stdout } = await machine.atmos(`auth login --plan -o json ${options}`.trim());
  return JSON.parse(stdout) as PlanJson;
}

/** Removes the stored session, as if it had expired. */
function endSession({ keyring }: Machine, identity = 'ada'): void {
  rmSync(join(keyring, `atmos_r_${identity}@session`));
}

/** Changes what renews the sign-in, as a program that damages the entry. */
async function changeSignIn(
  { keyring: directory }: Machine,
  change: (renewal: Record<string, string>) => void,
): Promise<void> {
  const keyring = openTestKeyring({ directory, password });
  const value = (await keyring.get('atmos_r_ada@token')) ?? '';
  const entry = JSON.parse(value) as { renewal: Record<string, string> };
  change(entry.renewal);
  await keyring.set('atmos_r_ada@token', JSON.stringify(entry));
  await keyring.close();
}
