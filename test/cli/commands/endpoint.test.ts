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
  test.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_STS'])(
    '%s refuses a request to the public AWS',
    async (name) => {
      const desk = await deskWith(() => '');
      const env = { [name]: 'http://127.0.0.1:1' };
      const { exitCode, stderr } = await desk.run('auth login', { env });
      expect(exitCode).toBe(2);
      expect(stderr).toContain(
        `error: ${name} is set, which this version does not follow: a request of identity dev would go to another endpoint of AWS\n`,
      );
      expect(stderr).toContain(`hint: unset ${name}\n`);
    },
  );

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
