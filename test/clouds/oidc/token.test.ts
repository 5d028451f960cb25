import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { oidcToken } from '../../../src/clouds/oidc/token.ts';
import type { Provider } from '../../../src/core/kind-config.ts';
import type { Host } from '../../../src/host/host.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { testStart as now } from '../../support/fake-host.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { audience, issuer, validToken } from '../jwt.ts';
import { openContext, providerOf } from '../open-context.ts';

type Spec = Readonly<Record<string, unknown>>;

const provider = (spec: Spec, fields?: Partial<Provider>) => providerOf('oidc/token', spec, fields);
const planOf = (spec: Spec, fields?: Partial<Provider>) =>
  oidcToken.plan(provider(spec, fields), { base: undefined, env: {} });
const opened = (spec: Spec, machine: Partial<Host> = {}, fields?: Partial<Provider>) =>
  planOf(spec, fields).open(openContext(machine));

describe('the plan of a token', () => {
  test('keeps nothing and depends on its source and on what is expected of it', () => {
    expect(planOf({ file: 'token', audience, issuer })).toMatchObject({
      name: 'ci',
      kind: 'oidc/token',
      gives: 'oidc',
      slot: 'nothing',
      storedKey: 'none',
      fingerprint: {
        'spec.file': { value: '/p/token' },
        'spec.audience': { value: audience },
        'spec.issuer': { value: issuer },
      },
    });
  });

  test('contains a command as its hash only', () => {
    const { fingerprint } = planOf({ command: 'print canary' });
    expect(JSON.stringify(fingerprint)).not.toContain('canary');
    expect(fingerprint['spec.command']?.shown).toMatch(/^a command \(SHA-256 [0-9a-f]{8}…\)$/);
  });

  test.each([
    [{ command: './token' }, true],
    [{ command: 'cat ../token' }, true],
    [{ command: 'bin/token --all' }, true],
    [{ command: 'print-token --url https://x/y' }, false],
    [{ command: '/usr/bin/token' }, false],
    [{ file: 'token' }, true],
    [{ file: '/run/token' }, false],
  ])('depends on the directory with a relative path only: %j', (spec, isOther) => {
    const inQ = { besideFile: (said: string) => (said.startsWith('/') ? said : `/q/${said}`) };
    const [here, there] = [planOf(spec).fingerprint, planOf(spec, inQ).fingerprint];
    const key = `spec.${Object.keys(spec)[0]}`;
    expect(here[key]?.value !== there[key]?.value).toBe(isOther);
  });

  test('shows the tag in place of a value that it gave', () => {
    const { fingerprint } = planOf({ variable: 'T' }, { tagAt: () => '!env NAME' });
    expect(fingerprint['spec.variable']).toEqual({ value: 'T', shown: '<value of !env NAME>' });
  });

  const needed = 'set exactly one of spec.file, spec.variable and spec.command';

  test.each<[Spec, string, string[]]>([
    [
      {},
      'provider ci (/p/atmos.yaml) has no spec.file, spec.variable or spec.command, which the kind oidc/token needs',
      [needed],
    ],
    [
      { file: 'a', command: 'b' },
      'spec of provider ci (/p/atmos.yaml:spec) contains file and command, but only one is allowed',
      [needed],
    ],
    [
      { file: 5 },
      'spec.file of provider ci (/p/atmos.yaml:spec:file) must be text, not the number 5',
      ['write it in quotes'],
    ],
    [
      { variable: 'a b' },
      'spec.variable of provider ci (/p/atmos.yaml:spec:variable) is not a name for an environment variable: "a b"',
      [],
    ],
  ])('is refused for %j', (spec, message, hints) => {
    expect(thrownBy(() => planOf(spec))).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message,
      hints,
    });
  });

  test('is refused for an audience whose variable is not set, instead of any being accepted', () => {
    const tagAt = ([, key]: readonly string[]) => (key === 'audience' ? '!env AUD' : undefined);
    const error = thrownBy(() => planOf({ file: 'a', audience: '' }, { tagAt }));
    expect(error.message).toBe(
      'spec.audience of provider ci (/p/atmos.yaml:spec:audience) is empty: the variable AUD is not set, or empty',
    );
    expect(error.hints).toEqual(['export AUD=<value>']);
  });
});

test('a region is passed to identities that name none', () => {
  const planWith = (region: string) => planOf({}, { settings: { spec: { file: 'a' }, region } });
  expect(planWith('eu-west-1').region).toBe('eu-west-1');
  expect(planWith('')).not.toHaveProperty('region');
  expect(thrownBy(() => planWith('x/')).message).toBe(
    'region of provider ci (/p/atmos.yaml:region) is not the name of an AWS region: "x/"',
  );
});

describe('trust', () => {
  test('is needed for a command', () => {
    expect(oidcToken.trustNeeds(provider({ command: 'print it' }))).toEqual([
      { path: ['spec', 'command'], what: 'runs the token command print it' },
    ]);
  });

  test.each([{ file: 'a' }, { variable: 'T' }, { command: '' }, { command: 5 }, {}])(
    'is not needed for %j',
    (spec) => {
      expect(oidcToken.trustNeeds(provider(spec))).toEqual([]);
    },
  );

  test('is judged for settings of any shape', () => {
    expect(oidcToken.trustNeeds(providerOf('oidc/token', {}, { settings: { spec: 5 } }))).toEqual(
      [],
    );
  });
});

describe('a token in a file', () => {
  test('is read again at each opening, through the links of Kubernetes', async () => {
    const directory = temporaryDirectory();
    const [data, link] = [join(directory, 'data'), join(directory, 'token')];
    symlinkSync(data, link);
    for (const sub of ['one', 'two']) {
      const token = validToken(now, { sub });
      writeFileSync(data, `${token}\n`);
      const { credentials, clockOffsetMs, limits } = await opened({ file: link, audience });
      expect(credentials).toMatchObject({ type: 'oidc', token });
      expect({ clockOffsetMs, limits }).toEqual({ clockOffsetMs: 0, limits: [] });
    }
  });

  test('is beside the file that names it, or in the home directory', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'token'), validToken(now));
    const besideFile = (said: string) => join(directory, said);
    expect(await opened({ file: 'token' }, {}, { besideFile })).toMatchObject({ limits: [] });
    const home = { homeDirectory: directory };
    const asSaid = { besideFile: (said: string) => said };
    expect(await opened({ file: '~/token' }, home, asSaid)).toMatchObject({ limits: [] });
  });

  const at = 'the token file $ (/p/atmos.yaml:spec:file)';

  test.each<[string, (path: string) => unknown, string]>([
    ['missing', () => {}, `${at} does not exist`],
    ['a directory', (path) => mkdirSync(path), `${at} is a directory`],
    ['empty', (path) => writeFileSync(path, '\n'), `${at} is empty`],
    ['too large', (path) => writeFileSync(path, 'x'.repeat(2e6)), `${at} is too large for a token`],
    ['long', (path) => writeFileSync(path, 'x'.repeat(3e4)), `${at} has more than the 20000`],
    ['no token', (path) => writeFileSync(path, 'canary'), `${at} is not a JSON Web Token`],
    [
      'expired',
      (path) => writeFileSync(path, validToken(now, { exp: 1 })),
      `the token of ${at} expired at 1970-01-01T00:00:01Z`,
    ],
  ])('is refused if the file is %s', async (_, make, message) => {
    const path = join(temporaryDirectory(), 'token');
    make(path);
    const error = await errorOf(opened({ file: path }));
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message.replace(path, '$')).toContain(message);
    expect(error.hints.at(-1)).toBe(`ls -l ${path}`);
  });

  test.skipIf(process.platform === 'win32')('is refused if the file is a named pipe', async () => {
    const path = join(temporaryDirectory(), 'pipe');
    execFileSync('mkfifo', [path]);
    const error = await errorOf(opened({ file: path }));
    expect(error.message.replace(path, '$')).toBe(`${at} is a named pipe`);
  });

  test('is refused without its path if a tag gave it', async () => {
    const tagAt = () => '!env TOKEN_FILE';
    const error = await errorOf(opened({ file: '/canary/token' }, {}, { tagAt }));
    expect(error.message).toBe(
      'the token file <value of !env TOKEN_FILE> (/p/atmos.yaml:spec:file) does not exist',
    );
    expect(error.hints.join()).not.toContain('canary');
  });
});

describe('a token in a variable', () => {
  test('is taken from the environment', async () => {
    const env = { CI_TOKEN: validToken(now) };
    const { credentials } = await opened({ variable: 'CI_TOKEN' }, { env });
    expect(credentials).toMatchObject({ token: env.CI_TOKEN });
  });

  test.each([
    [{}, 'the variable CI_TOKEN (/p/atmos.yaml:spec:variable) is not set'],
    [{ CI_TOKEN: '' }, 'the variable CI_TOKEN (/p/atmos.yaml:spec:variable) is empty'],
    [
      { CI_TOKEN: validToken(now, { aud: 'other' }) },
      'the token of the variable CI_TOKEN (/p/atmos.yaml:spec:variable) is for "other", not for the audience "sts.amazonaws.com"',
    ],
  ])('is refused: %#', async (env, message) => {
    const error = await errorOf(opened({ variable: 'CI_TOKEN', audience }, { env }));
    expect(error).toMatchObject({ code: 'ERR_AUTH_SOURCE_FAILED', message });
    expect(error.hints).toHaveLength(1);
  });
});

describe('a token from a command', () => {
  const printing = (text: string, exitCode = 0): Partial<Host> => ({
    runShell: async () => ({
      exitCode,
      stdout: Buffer.from(text),
      timedOut: false,
      wroteTooMuch: false,
    }),
  });

  test('is what the command prints', async () => {
    const token = validToken(now);
    const { credentials } = await opened({ command: 'x', issuer }, printing(`${token}\n`));
    expect(credentials).toMatchObject({ token });
  });

  test('is refused if it is not a token', async () => {
    const error = await errorOf(opened({ command: 'x' }, printing('canary: not signed in')));
    expect(error.message).toBe(
      'the token command (/p/atmos.yaml:spec:command) is not a JSON Web Token',
    );
  });

  test('is missing if the command fails', async () => {
    const error = await errorOf(opened({ command: 'x' }, printing('canary', 7)));
    expect(error.message).toBe(
      'the token command (/p/atmos.yaml:spec:command) failed with exit code 7',
    );
  });
});
