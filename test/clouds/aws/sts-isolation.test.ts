import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../../support/certificate.ts';
import { createTemporaryDirectory } from '../../support/create-temporary.ts';
import { startSts } from '../../support/sts-server.mjs';
import { temporaryDirectory } from '../../support/temporary.ts';

const child = fileURLToPath(new URL('isolated-child.mjs', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const regional = 'sts.eu-west-1.amazonaws.com';
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  account: '012345678901',
  userName: 'ada',
};

const place = createTemporaryDirectory();
const bundle = join(place.path, 'sts.cjs');

// Bundled as it is shipped, for Node 20 cannot read TypeScript; and so the warning of the SDK is
// looked for where a user would see it.
beforeAll(async () => {
  await build({
    input: join(root, 'src/clouds/aws/sts.ts'),
    platform: 'node',
    output: { file: bundle, format: 'cjs', codeSplitting: false },
  });
});

afterAll(() => place.remove());

describe('the variables of the machine', () => {
  it('change nothing of the request, and nothing is printed', async () => {
    const clean = await recordingServer();
    const poisoned = await recordingServer();
    const options = { credentials: key, region: 'eu-west-1' };
    const before = await runChild({ ...options, endpoint: clean.url }, {});
    const after = await runChild({ ...options, endpoint: poisoned.url }, poison());

    expect(before).toMatchObject({ exitCode: 0, stderr: '' });
    expect(after).toMatchObject({ exitCode: 0, stderr: '' });
    expect(poisoned.requests.map(comparable)).toEqual(clean.requests.map(comparable));
    expect(poisoned.requests).toHaveLength(2);
    expect(JSON.stringify(poisoned.requests)).not.toContain('poison');
  });

  it.each([
    ['eu-west-1', regional],
    ['us-east-1', 'sts.us-east-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
  ])('do not move the endpoint of %s', async (region, host) => {
    const { answers, lookedUp } = await runChild(
      { credentials: key, region, names: 'unknown' },
      poison(),
    );
    const reason = `cannot reach https://${host}: there is no host of that name (ENOTFOUND)`;
    expect(answers).toEqual([reason, reason]);
    // Two calls of three attempts each.
    expect(lookedUp).toEqual(Array.from({ length: 6 }, () => host));
  });

  it('do not make it trust a self-signed certificate', async () => {
    const url = await listen(createTlsServer(selfSignedCertificate()), 'https');
    const { answers } = await runChild(
      { credentials: key, region: 'eu-west-1', endpoint: url },
      { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    );
    expect(answers[0]).toBe(`cannot reach ${url}: TLS failed (DEPTH_ZERO_SELF_SIGNED_CERT)`);
  });
});

describe.skipIf(process.platform === 'win32')('the AWS files of the machine', () => {
  it('are not opened: the process ends though each would hold it for good', async () => {
    const server = await startSts({ keys: [key] });
    onTestFinished(() => server.close());
    const { env } = homeOfPipes();
    const options = { credentials: key, region: 'eu-west-1' };
    const given = await runChild({ ...options, endpoint: server.url }, env);
    expect(given.exitCode).toBe(0);
    expect(given.answers).toMatchObject([
      { account: '012345678901' },
      { accessKeyId: expect.stringMatching(/^ASIA/) },
    ]);
    const found = await runChild({ ...options, names: 'unknown' }, env);
    const lookedUp = Array.from({ length: 6 }, () => regional);
    expect(found).toMatchObject({ exitCode: 0, lookedUp });
  });

  it('would have been noticed: the SDK left to itself opens them', async () => {
    const { env, config } = homeOfPipes();
    const code = `import { STSClient, GetCallerIdentityCommand as Command } from '@aws-sdk/client-sts';
      await new STSClient({}).send(new Command({}));`;
    const naive = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
      env,
      stdio: 'ignore',
    });
    const ended = once(naive, 'exit').then(() => 'ended');
    // Opening a pipe for writing waits until a process reads it.
    const writer = open(config, 'w');
    onTestFinished(async () => {
      naive.kill('SIGKILL');
      await ended;
      closeSync(openSync(config, constants.O_RDONLY | constants.O_NONBLOCK));
      await (await writer).close();
    });
    expect(await Promise.race([writer.then(() => 'opened'), ended])).toBe('opened');
  });
});

/** A value for each variable that the SDK is known to read, which would show or do harm. */
function poison(): Record<string, string> {
  const home = temporaryDirectory();
  mkdirSync(join(home, '.aws'));
  const settings = [
    'region = poison-region-1',
    'endpoint_url = http://127.0.0.1:9/poison',
    'max_attempts = poison',
    'retry_mode = poison',
    'use_fips_endpoint = true',
    'sdk_ua_app_id = poison',
    'aws_access_key_id = poison',
    'aws_secret_access_key = poison',
  ].join('\n');
  writeFileSync(
    join(home, '.aws/config'),
    `[default]\n${settings}\n[profile poison]\n${settings}\n`,
  );
  writeFileSync(join(home, '.aws/credentials'), `[default]\n${settings}\n[poison]\n${settings}\n`);
  return {
    HOME: home,
    USERPROFILE: home,
    AWS_ACCESS_KEY_ID: 'poison',
    AWS_SECRET_ACCESS_KEY: 'poison',
    AWS_SESSION_TOKEN: 'poison',
    AWS_CREDENTIAL_EXPIRATION: 'poison',
    AWS_PROFILE: 'poison',
    AWS_DEFAULT_PROFILE: 'poison',
    AWS_REGION: 'poison-region-1',
    AWS_DEFAULT_REGION: 'poison-region-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9/poison',
    AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9/poison',
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'poison',
    AWS_STS_REGIONAL_ENDPOINTS: 'legacy',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_USE_DUALSTACK_ENDPOINT: 'true',
    AWS_DEFAULTS_MODE: 'poison',
    AWS_MAX_ATTEMPTS: 'poison',
    AWS_RETRY_MODE: 'poison',
    AWS_SDK_UA_APP_ID: 'poison',
    AWS_EXECUTION_ENV: 'poison',
    AWS_LAMBDA_FUNCTION_NAME: 'poison',
    _X_AMZN_TRACE_ID: 'poison',
    AWS_AUTH_SCHEME_PREFERENCE: 'httpBearerAuth',
    AWS_SIGV4A_SIGNING_REGION_SET: 'poison',
    AWS_BEARER_TOKEN_STS: 'poison',
    AWS_ACCOUNT_ID: 'poison',
    AWS_ACCOUNT_ID_ENDPOINT_MODE: 'required',
    AWS_CA_BUNDLE: '/poison',
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:9/poison',
    AWS_WEB_IDENTITY_TOKEN_FILE: '/poison',
    AWS_ROLE_ARN: 'poison',
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    http_proxy: 'http://127.0.0.1:9',
    https_proxy: 'http://127.0.0.1:9',
  };
}

/** A home whose AWS files are pipes without a writer: reading one would wait forever. */
function homeOfPipes(): { env: Record<string, string>; config: string } {
  const home = temporaryDirectory();
  const [config, credentials] = [join(home, '.aws/config'), join(home, '.aws/credentials')];
  mkdirSync(join(home, '.aws'));
  expect(spawnSync('mkfifo', [config, credentials]).status).toBe(0);
  return { env: { HOME: home }, config };
}

interface Recorded {
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Answers all with a refusal, and keeps what it was sent. */
async function recordingServer(): Promise<{ url: string; requests: Recorded[] }> {
  const requests: Recorded[] = [];
  const record = async ({ url, headers }: IncomingMessage, body: Promise<string>) => {
    requests.push({ url, headers, body: await body });
  };
  const server = createServer((request, response) => {
    void record(request, text(request)).finally(() =>
      response.end('<ErrorResponse><Error><Code>Recorded</Code></Error></ErrorResponse>'),
    );
  });
  return { url: await listen(server), requests };
}

/** Without what differs from one request to the next: the port, the time, and what follows from them. */
function comparable({ url, headers, body }: Recorded): unknown {
  const { host: _host, authorization, ...rest } = headers;
  return {
    url,
    body,
    scope: authorization?.replace(/\/\d{8}\//, '//').replace(/Signature=.*/, ''),
    headers: { ...rest, 'x-amz-date': 'then', 'amz-sdk-invocation-id': 'one' },
  };
}

async function listen(server: Server, scheme = 'http'): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  );
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function runChild(
  options: object,
  env: Record<string, string>,
): Promise<{ exitCode: unknown; stderr: string; answers: unknown[]; lookedUp: string[] }> {
  const program = spawn(process.execPath, [child, bundle], { env, stdio: 'pipe' });
  const ended = once(program, 'exit');
  onTestFinished(async () => {
    program.kill('SIGKILL');
    await ended;
  });
  program.stdin.end(JSON.stringify(options));
  const [stdout, stderr] = await Promise.all([text(program.stdout), text(program.stderr)]);
  const [exitCode] = await ended;
  const { answers, lookedUp } = JSON.parse(stdout === '' ? '{}' : stdout) as {
    answers: unknown[];
    lookedUp: string[];
  };
  return { exitCode, stderr, answers, lookedUp };
}
