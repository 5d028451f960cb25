import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { awsAmbient } from '../../../src/clouds/aws/ambient.ts';
import type { Identity } from '../../../src/core/kind-config.ts';
import { credentialVariables } from '../../../src/core/variables.ts';
import type { Host } from '../../../src/host/host.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { errorOf, thrownBy } from '../../support/error-of.ts';
import { temporaryDirectory } from '../../support/temporary.ts';
import { openContext } from '../open-context.ts';

const keys = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'CanaryIn/The+Coal/Mine0123456789abcdefgh',
};
const keysOfProfile = `aws_access_key_id = AKIAOFTHEPROFILE0000
aws_secret_access_key = ${keys.AWS_SECRET_ACCESS_KEY}
`;

const identityOf = (fields: Partial<Identity> = {}) =>
  awsUserIdentity({ name: 'here', kind: 'aws/ambient', ...fields });
const planOf = (fields: Partial<Identity> = {}, env = {}) =>
  awsAmbient.plan(identityOf(fields), { base: undefined, env });

let home: string;

// The SDK reads the environment of the process.
beforeEach(() => {
  home = temporaryDirectory();
  mkdirSync(join(home, '.aws'));
  for (const name of credentialVariables) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});

afterEach(() => void vi.unstubAllEnvs());

/** Opens the identity in an environment with these variables and this `~/.aws/config`. */
function open(env: Record<string, string>, config = '', machine: Partial<Host> = {}) {
  const file = join(home, '.aws/config');
  writeFileSync(file, config);
  const all = { ...env, HOME: home, AWS_CONFIG_FILE: file };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const warnings: string[] = [];
  const context = openContext(
    { env: all, homeDirectory: home, now: () => new Date(), sleep: never, ...machine },
    { warn: (message) => void warnings.push(message) },
  );
  const opening = async () => {
    const plan = planOf();
    await plan.refuseLoop?.(context.host);
    return plan.open(context);
  };
  return { opening: opening(), warnings };
}

const never = () => new Promise<never>(() => {});
const inOneHour = () => new Date(Date.now() + 3600_000).toISOString();

describe('the plan of aws/ambient', () => {
  test('stores nothing and leaves the environment as it is', () => {
    expect(planOf()).toMatchObject({
      gives: 'aws',
      slot: 'nothing',
      isAmbient: true,
      origin: 'unknown',
      storedKey: 'none',
      fingerprint: {},
    });
    expect(planOf()).not.toHaveProperty('region');
    expect(planOf()).not.toHaveProperty('defaultRegion');
  });

  test('has the configured region, and that of the environment as the default', () => {
    const principal = { region: 'eu-west-1' };
    expect(planOf({ principal }, { AWS_REGION: 'us-east-2' })).toMatchObject({
      region: 'eu-west-1',
      defaultRegion: 'us-east-2',
    });
    expect(planOf({}, { AWS_DEFAULT_REGION: 'us-east-2' }).defaultRegion).toBe('us-east-2');
    expect(planOf({}, { AWS_REGION: 'a b' })).not.toHaveProperty('defaultRegion');
  });

  test('is refused for a region that cannot be one', () => {
    const error = thrownBy(() => planOf({ principal: { region: 'eu west' } }));
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    expect(error.message).toBe(
      'principal.region of identity here (/p/atmos.yaml:principal:region) is not the name of an AWS region: "eu west"',
    );
  });

  test('needs trust for an endpoint only', () => {
    expect(awsAmbient.trustNeeds(identityOf())).toEqual([]);
    const spec = { endpoint_url: 'https://sts.example.com' };
    expect(awsAmbient.trustNeeds(identityOf({ spec }))).toHaveLength(1);
  });
});

describe('the credentials of the environment', () => {
  test('are long-lived keys in variables', async () => {
    const { credentials } = await open(keys).opening;
    expect(credentials).toEqual({
      type: 'aws',
      accessKeyId: keys.AWS_ACCESS_KEY_ID,
      secretAccessKey: keys.AWS_SECRET_ACCESS_KEY,
    });
  });

  test('are a session in variables, with its expiry', async () => {
    const expiration = inOneHour();
    const session = { AWS_SESSION_TOKEN: 'token', AWS_CREDENTIAL_EXPIRATION: expiration };
    const { credentials } = await open({ ...keys, ...session }).opening;
    expect(credentials).toMatchObject({ sessionToken: 'token', expiresAt: new Date(expiration) });
  });

  test('are those of the profile in AWS_PROFILE, also beside keys in variables', async () => {
    const { opening, warnings } = open(
      { ...keys, AWS_PROFILE: 'p' },
      `[profile p]\n${keysOfProfile}`,
    );
    expect((await opening).credentials).toMatchObject({ accessKeyId: 'AKIAOFTHEPROFILE0000' });
    expect(warnings).toEqual([
      'AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: the credentials of the profile are used',
    ]);
  });

  test('are those of the default profile without any variable', async () => {
    const { credentials } = await open({}, `[default]\n${keysOfProfile}`).opening;
    expect(credentials).toMatchObject({ accessKeyId: 'AKIAOFTHEPROFILE0000' });
  });

  test('are those that the credential_process of a profile prints', async () => {
    const answer = { Version: 1, AccessKeyId: 'ASIAX', SecretAccessKey: 's', SessionToken: 't' };
    writeFileSync(join(home, 'answer'), JSON.stringify({ ...answer, Expiration: inOneHour() }));
    const config = `[profile p]\ncredential_process = cat ${join(home, 'answer')}\n`;
    const { credentials } = await open({ AWS_PROFILE: 'p' }, config).opening;
    expect(credentials).toMatchObject({ accessKeyId: 'ASIAX', sessionToken: 't' });
  });

  test('are those of the role of a container', async () => {
    const server = createServer((_, response) => {
      const answer = { AccessKeyId: 'ASIAY', SecretAccessKey: 's', Token: 't' };
      response.end(JSON.stringify({ ...answer, Expiration: inOneHour() }));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/role` };
    expect((await open(env).opening).credentials).toMatchObject({ accessKeyId: 'ASIAY' });
  });
});

const none = 'the environment has no AWS credentials that can be used: ';

describe('an environment without credentials that can be used', () => {
  test.each([
    [{}, 'the shared files and the role of the instance gave none'],
    [{ AWS_PROFILE: 'missing' }, 'the profile missing (AWS_PROFILE) gave none'],
    [
      { AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/x', AWS_WEB_IDENTITY_TOKEN_FILE: '/missing' },
      'the web identity of the environment gave none',
    ],
  ])('is reported with its first source: %j', async (env, message) => {
    const error = await errorOf(open(env).opening);
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(none + message);
    expect(error.cause).toBeUndefined();
  });

  test('is reported without what a program printed', async () => {
    const config = `[profile p]\ncredential_process = sh -c "echo canary; echo canary >&2; exit 1"\n`;
    const error = await errorOf(open({ AWS_PROFILE: 'p' }, config).opening);
    expect(error.message).toBe(`${none}the profile p (AWS_PROFILE) gave none`);
    expect(error.hints).toEqual(['to see the reason: aws sts get-caller-identity --profile p']);
  });

  test('is reported for credentials that expire within a minute', async () => {
    const env = {
      ...keys,
      AWS_SESSION_TOKEN: 'token',
      AWS_CREDENTIAL_EXPIRATION: '2020-01-01T00:00:00Z',
    };
    const error = await errorOf(open(env).opening);
    expect(error.message).toBe(
      `${none}those of the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY expire at 2020-01-01T00:00:00Z`,
    );
  });

  test('is reported at the time limit', async () => {
    const config = '[profile p]\ncredential_process = sleep 1\n';
    const env = { AWS_PROFILE: 'p' };
    const error = await errorOf(open(env, config, { sleep: () => Promise.resolve() }).opening);
    expect(error.message).toBe(`${none}the profile p (AWS_PROFILE) gave none within 5 seconds`);
  });
});

describe('a profile that runs this program for the same identity', () => {
  const program = '/usr/bin/node /opt/main.cjs auth credential-process';
  const loops: readonly (readonly [string, string, Partial<Host>])[] = [
    [
      'has the name of the identity',
      `[profile here]\ncredential_process = ${program} --handle x\n`,
      {},
    ],
    ['names it', `[profile p]\ncredential_process = ${program} -i here\n`, {}],
    [
      'runs the command that is running',
      `[profile p]\ncredential_process = ${program} --handle x\n`,
      { programArguments: ['auth', 'credential-process', '--handle', 'x'] },
    ],
    [
      'is its source profile',
      `[profile p]\nrole_arn = r\nsource_profile = here\n[profile here]\ncredential_process = ${program} --handle x -i here\n`,
      {},
    ],
  ];

  test.each(loops)('is refused if it %s', async (_, config, machine) => {
    const profile = config.includes('[profile p]') ? 'p' : 'here';
    const error = await errorOf(open({ AWS_PROFILE: profile }, config, machine).opening);
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toMatch(
      /the profile (p|here) \(.*\/\.aws\/config:\d\) would get them from the identity here itself$/,
    );
    expect(error.hints).toEqual(['unset AWS_PROFILE']);
  });

  test('is not asked if keys in variables come first', async () => {
    const config = `[default]\ncredential_process = ${program} -i here\n`;
    expect((await open(keys, config).opening).credentials).toMatchObject({ type: 'aws' });
  });

  test('is allowed to run this program for another identity', async () => {
    const config = `[profile p]\ncredential_process = /nonexistent auth credential-process -i other\n`;
    const error = await errorOf(open({ AWS_PROFILE: 'p' }, config).opening);
    expect(error.message).toBe(`${none}the profile p (AWS_PROFILE) gave none`);
  });

  const chain = '/usr/bin/node /opt/main.cjs auth credential-process -i other';
  const running = (line: string) => ({ AWS_PROFILE: 'p', ATMOS_AUTH_COMMANDS_RUNNING: line });

  test('is refused if the identity of the program is opened with it', async () => {
    const config = `[profile p]\ncredential_process = ${chain}\n`;
    const error = await errorOf(open(running('/p/a.yaml:3\n1 /p/atmos.yaml "p"'), config).opening);
    expect(error.code).toBe('ERR_AUTH_SOURCE_FAILED');
    expect(error.message).toBe(
      `${none}the profile p (AWS_PROFILE) runs this program, which would get them from the identity here again`,
    );
    expect(error.hints).toEqual(['unset AWS_PROFILE']);
  });

  test.each([
    ['another profile', '1 /p/atmos.yaml "q"'],
    ['another identity', '1 /p/other.yaml "p"'],
    ['this process', `${openContext().host.processId} /p/atmos.yaml "p"`],
  ])('is used while %s is running', async (_, line) => {
    const config = `[profile p]\n${keysOfProfile}`;
    const { credentials } = await open(running(line), config).opening;
    expect(credentials).toMatchObject({ accessKeyId: 'AKIAOFTHEPROFILE0000' });
  });

  test('knows which identity is running, also if several run at once', async () => {
    const script = join(home, 'script');
    const answer = '{"Version":1,"AccessKeyId":"A","SecretAccessKey":"%s"}';
    const place = `$(printenv ATMOS_AUTH_COMMANDS_RUNNING | tail -n 1 | tr ' ' _ | tr -d '"')`;
    writeFileSync(script, `#!/bin/sh\nprintf '${answer}' "${place}"\n`, { mode: 0o700 });
    const config = `[profile p]\ncredential_process = ${script}\n`;
    const openings = [1, 2].map(() => open({ AWS_PROFILE: 'p' }, config).opening);
    const { processId } = openContext().host;
    for (const { credentials } of await Promise.all(openings)) {
      expect(credentials).toMatchObject({ secretAccessKey: `${processId}_/p/atmos.yaml_p` });
    }
    expect(process.env['ATMOS_AUTH_COMMANDS_RUNNING']).toBeUndefined();
  });

  test('is not looked for without a home directory', async () => {
    const machine = { homeDirectory: undefined };
    expect((await open(keys, '', machine).opening).credentials).toMatchObject({ type: 'aws' });
  });
});
