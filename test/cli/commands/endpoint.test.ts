import { readFileSync } from 'node:fs';
import { expect, describe, test } from 'vitest';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { openDesk, sessionCalls, storedKey, user, yamlOf, type Desk } from './desk.ts';

/** An atmos.yaml with one identity whose endpoint is only in these lines of YAML. */
function configOf(lines: string): string {
  return `auth:
  realm: r
  keyring: { type: file }
  identities:
    dev:
      kind: aws/user
      default: true
${lines.replaceAll(/^(?=.)/gm, '      ')}
`;
}

const spec = (url: string) => `spec: { endpoint_url: ${url} }`;
const legacy = (url: string) => `credentials: { aws: { resolver: { url: ${url} } } }`;

/** A desk whose identity has that endpoint. */
async function deskWith(lines: (sts: string) => string): Promise<Desk> {
  const desk = await openDesk({ entries: storedKey });
  desk.configure(configOf(lines(desk.sts.url)));
  return desk;
}

describe('the old setting of an endpoint, credentials.aws.resolver.url', () => {
  test('is used for requests', async () => {
    const desk = await deskWith((url) => legacy(`"${url}"`));
    expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(desk)).toBe(1);
  });

  test('is ignored if spec.endpoint_url is set', async () => {
    const desk = await deskWith((url) => `${spec(url)}\n${legacy('http://127.0.0.1:1')}`);
    expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(desk)).toBe(1);
  });

  test('is used if spec.endpoint_url is written but empty', async () => {
    const desk = await deskWith((url) => `${spec('""')}\n${legacy(url)}`);
    expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
  });

  test('is refused without being shown if it is not an endpoint', async () => {
    const desk = await deskWith(() => legacy('https://ada:hunter2@sts.example.com'));
    expect(await desk.run('auth login')).toEqual({
      exitCode: 2,
      code: 'ERR_CONFIG_INVALID',
      stdout: '',
      stderr: `error: credentials.aws.resolver.url of identity dev (${desk.project}/atmos.yaml:8:46) is not an http or https URL without user and password\n`,
    });
  });

  test('needs trust like the new setting', async () => {
    const desk = await deskWith(() => legacy('https://sts.example.com'));
    const { exitCode, stderr } = await desk.run('auth login');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      `is not trusted: it sends signed requests to https://sts.example.com (set by auth.identities.dev.credentials.aws.resolver.url (${desk.project}/atmos.yaml:8:46))\n`,
    );
  });

  test('is reported by validate if it is misspelled, at any depth', async () => {
    const desk = await deskWith((url) => `credentials: { aws: { resolver: { ulr: "${url}" } } }`);
    expect((await desk.run('auth validate')).stderr).toContain(
      `warning: auth.identities.dev.credentials.aws.resolver.ulr (${desk.project}/atmos.yaml:8:46) is not known\nhint: did you mean url?\n`,
    );
  });
});

describe('an !env that returned an empty value where an endpoint belongs', () => {
  test.each([
    [spec('!env STS_URL'), 'spec.endpoint_url', '8:29', {}],
    [spec('!env STS_URL'), 'spec.endpoint_url', '8:29', { STS_URL: ' ' }],
    [legacy('!env STS_URL'), 'credentials.aws.resolver.url', '8:46', {}],
    // Not even if the other setting names an endpoint.
    [
      `${legacy('!env STS_URL')}\n${spec('http://127.0.0.1:1')}`,
      'credentials.aws.resolver.url',
      '8:46',
      {},
    ],
  ])('is an error: %s', async (lines, field, at, env) => {
    const desk = await deskWith(() => lines);
    const place = `${desk.project}/atmos.yaml:${at}`;
    expect(await desk.run('auth login', { env })).toEqual({
      exitCode: 2,
      code: 'ERR_CONFIG_INVALID',
      stdout: '',
      stderr: `error: ${field} of identity dev (${place}) is empty: the variable STS_URL is not set, or empty\nhint: export STS_URL=<url>\n`,
    });
    expect((await desk.run('auth validate', { env })).stderr).toContain(
      `error: auth.identities.dev.${field} (${place}) is empty: the variable STS_URL is not set, or empty\n`,
    );
  });

  test('is not an error with a default', async () => {
    const desk = await deskWith((url) => spec(`!env STS_URL ${url}`));
    expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
  });
});

describe('the network variables of the environment', () => {
  test.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS'])('%s is followed', async (name) => {
    const desk = await deskWith(() => '');
    expect(await desk.run('auth login', { env: { [name]: desk.sts.url } })).toMatchObject({
      exitCode: 0,
    });
    expect(sessionCalls(desk)).toBe(1);
  });

  test('AWS_ENDPOINT_URL does not override the endpoint of the configuration', async () => {
    const desk = await deskWith(spec);
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect(await desk.run('auth login', { env })).toMatchObject({ exitCode: 0 });
  });

  test('AWS_ENDPOINT_URL that is not a URL is refused without being shown', async () => {
    const desk = await deskWith(() => '');
    const env = { AWS_ENDPOINT_URL: 'http://ada:hunter2@localhost' };
    expect(await desk.run('auth login', { env })).toMatchObject({
      exitCode: 2,
      code: 'ERR_CONFIG_INVALID',
      stderr: `error: no session for identity dev: AWS_ENDPOINT_URL is not an http or https URL without user and password
hint: set AWS_ENDPOINT_URL to a URL such as https://sts.example.com
hint: unset AWS_ENDPOINT_URL
`,
    });
    // It is no fault of the configuration.
    expect(await desk.run('auth validate', { env })).toMatchObject({ exitCode: 0 });
  });

  test('a session of one endpoint is not used at another', async () => {
    const desk = await deskWith(() => '');
    const env = { AWS_ENDPOINT_URL: desk.sts.url };
    await desk.run('auth login', { env });
    const { stdout, stderr } = await desk.run('auth whoami');
    expect(stdout + stderr).toContain(
      `spec.endpoint_url was ${desk.sts.url} (AWS_ENDPOINT_URL) and is now not set`,
    );
  });

  test('HTTP_PROXY sets the proxy of an endpoint on another machine', async () => {
    const desk = await openDesk();
    const proxy = await startConnectProxy(Number(new URL(desk.sts.url).port));
    const keys = `credentials: { access_key_id: ${user.accessKeyId}, secret_access_key: "${user.secretAccessKey}" }`;
    const env = { ATMOS_AUTH_TRUST: '1', HTTP_PROXY: proxy.url };
    desk.configure(configOf(`${spec('"http://sts.example.com"')}\n${keys}`));
    const { exitCode } = await desk.run('auth login', { env });
    proxy.close();
    expect(exitCode).toBe(0);
    expect(proxy.targets).toEqual(['sts.example.com:80']);

    const failed = await desk.run('auth login --force', { env });
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain(
      `cannot reach http://sts.example.com through the proxy ${proxy.url} (HTTP_PROXY): connection refused (ECONNREFUSED)\n`,
    );
  });

  test('a proxy is not used for an endpoint on this machine', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(yamlOf(desk));
    const env = { HTTP_PROXY: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' };
    expect((await desk.run('auth login', { env })).exitCode).toBe(0);
  });
});

describe('an endpoint in env: of a project', () => {
  const ofIdentity = (url: string) => `env: [{ key: AWS_ENDPOINT_URL_STS, value: "${url}" }]`;

  test('needs trust, and is followed with it', async () => {
    const desk = await deskWith(ofIdentity);
    const what = `sets AWS_ENDPOINT_URL_STS to "${desk.sts.url}" for programs, and sends signed requests there`;
    const refused = await desk.run('auth login');
    expect(refused).toMatchObject({ exitCode: 2, code: 'ERR_CONFIG_UNTRUSTED' });
    expect(refused.stderr).toContain(what);
    expect(sessionCalls(desk)).toBe(0);

    expect((await desk.run('auth trust --yes')).stderr).toContain(what);
    expect(await desk.run('auth login')).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(desk)).toBe(1);
  });

  test('overrides the environment, as it does for programs', async () => {
    const desk = await openDesk({ entries: storedKey });
    desk.configure(`${configOf('')}env: { AWS_ENDPOINT_URL: "${desk.sts.url}" }\n`);
    const env = { ATMOS_AUTH_TRUST: '1', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    expect(await desk.run('auth login', { env })).toMatchObject({ exitCode: 0 });
  });

  test('needs no trust if the user has chosen the same', async () => {
    const desk = await deskWith(ofIdentity);
    const env = { AWS_ENDPOINT_URL_STS: desk.sts.url };
    expect(await desk.run('auth login', { env })).toMatchObject({ exitCode: 0 });
  });
});

describe('a handle', () => {
  const handleIn = (stdout: string) => /AWS_CONFIG_FILE='?([^'\n]*)\.aws-config/.exec(stdout)?.[1];

  test('keeps the endpoint of the command that made it', async () => {
    const desk = await deskWith(() => '');
    const env = { AWS_ENDPOINT_URL: desk.sts.url };
    const { stdout } = await desk.run('auth env', { env });
    const handle = `${handleIn(stdout)}.json`;
    // The program that calls sends its own requests elsewhere.
    const ofProgram = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    const answer = await desk.run(['auth', 'credential-process', '--handle', handle], {
      env: ofProgram,
    });
    expect(answer).toMatchObject({ exitCode: 0 });
    expect(sessionCalls(desk)).toBe(1);
  });

  test('keeps no password of an endpoint, and does not use AWS instead', async () => {
    const desk = await deskWith(() => '');
    const env = { AWS_ENDPOINT_URL: 'http://ada:hunter2@localhost:1' };
    const { stdout } = await desk.run('auth env', { env });
    const handle = `${handleIn(stdout)}.json`;
    expect(readFileSync(handle, 'utf8')).not.toContain('hunter2');
    const answer = await desk.run(['auth', 'credential-process', '--handle', handle]);
    expect(answer).toMatchObject({ exitCode: 2, code: 'ERR_CONFIG_INVALID' });
  });

  test('follows no endpoint of the program if it was made without one', async () => {
    const desk = await deskWith(() => '');
    const env = { AWS_ENDPOINT_URL: desk.sts.url };
    const { stdout } = await desk.run('auth env');
    const handle = `${handleIn(stdout)}.json`;
    // A proxy that refuses connections, so that nothing is sent to AWS.
    const answer = await desk.run(['auth', 'credential-process', '--handle', handle], {
      env: { ...env, HTTPS_PROXY: 'http://127.0.0.1:1' },
    });
    expect(answer).toMatchObject({ exitCode: 1, code: 'ERR_NETWORK' });
    expect(answer.stderr).toContain('https://sts.us-east-1.amazonaws.com');
    expect(sessionCalls(desk)).toBe(0);
  });
});
