import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { IdentityCenterOptions } from '../support/aws/identity-center-types.ts';
import { selfSignedCertificate } from '../support/certificate.ts';
import { startConnectProxy } from '../support/connect-proxy.ts';
import { atTerminal } from './at-terminal.ts';
import { corpConfig, installBrowser, openCorp } from './corp.ts';
import { expectRefusal, storedIn } from './stored.ts';

// What a portal and its configuration can do to a command: each has a message, hints and an exit code,
// and nothing that is stored changes.

const startUrl = 'https://d-9067000000.awsapps.com/start';
const failed = (message: string) =>
  `no session for identity dev (provider corp → identity dev): link 2 of 2, identity dev (aws/permission-set): ${message}`;

/** A machine whose user has signed in. */
async function openSignedIn(options: IdentityCenterOptions = {}) {
  const machine = await openCorp('flow: device', { isPreauthorized: true, ...options });
  const session = atTerminal(machine, 'auth login --provider corp');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  return machine;
}

/** Listens on a port of 127.0.0.1 that the system chooses. */
async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('a session that the portal denies', () => {
  test('names the roles of the account, and the nearest', async () => {
    const machine = await openSignedIn();
    machine.writeConfig(corpConfig(machine, { role: 'ReadOnyl', spec: 'flow: device' }));
    const place = `${machine.project}/atmos.yaml:17:26`;
    const refusal = {
      exitCode: 4,
      message: failed(
        `the person who signed in does not have the permission set "ReadOnyl" (${place}) in account 111111111111 ("dev"), which offers "Administrator", "ReadOnly"`,
      ),
      hints: ['did you mean ReadOnly?'],
    };
    await expectRefusal(machine, 'auth login', {}, refusal);
    await expectRefusal(machine, 'auth credential-process', {}, refusal);
  });

  test('names the account that was closed', async () => {
    const machine = await openSignedIn();
    machine.center.accounts.shift();
    await expectRefusal(
      machine,
      'auth login',
      {},
      {
        exitCode: 4,
        message: failed(
          `the person who signed in has no access to account 111111111111 at ${startUrl}: it is not assigned to the person, or it is closed`,
        ),
        hints: ['ask the administrator of IAM Identity Center for an assignment'],
      },
    );
  });
});

test('a portal that throttles every call is called a few times', async () => {
  const machine = await openSignedIn({ callsPerSecond: 0 });
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 1,
      message: failed(
        `${machine.center.url} has too many calls of sso:GetRoleCredentials (TooManyRequestsException, status 429: HTTP 429 Unknown Code)`,
      ),
      hints: ['wait a minute, then run the command again'],
    },
  );
  expect(machine.center.requests()).toMatchObject({ GetRoleCredentials: 6 });
});

test.each([
  ['ahead', 1],
  ['behind', -1],
])('a portal whose clock is an hour %s gives sessions that are used again', async (_, hours) => {
  const machine = await openSignedIn({ clockOffsetMs: hours * 60 * 60 * 1000 });
  expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
  expect(await machine.atmos('auth login')).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^Already logged in as dev until /),
  });
  expect(machine.center.requests()).toMatchObject({ GetRoleCredentials: 1 });
});

test('a region in another partition than the portal is rejected, and nothing is sent', async () => {
  const machine = await openSignedIn();
  const sent = machine.center.calls.length;
  machine.writeConfig(corpConfig(machine, { region: 'cn-north-1' }));
  await expectRefusal(
    machine,
    'auth login',
    {},
    {
      exitCode: 2,
      message: `region of provider corp (${machine.project}/atmos.yaml:8:15) is in the partition aws-cn: "cn-north-1", but the portal of start_url is in aws`,
    },
  );
  expect(machine.center.calls).toHaveLength(sent);
});

test('a provider of a project that sends tokens elsewhere is used only with trust', async () => {
  const machine = await openSignedIn();
  const sent = machine.center.calls.length;
  delete machine.env['ATMOS_AUTH_TRUST'];
  for (const command of ['auth login', 'auth login --provider corp --force']) {
    await expectRefusal(
      machine,
      command,
      {},
      {
        exitCode: 2,
        message: `the configuration in ${machine.project} is not trusted: it sends tokens to ${machine.center.url}, where any user of this machine can listen (set by auth.providers.corp.spec.endpoint_url (${machine.project}/atmos.yaml:10:23))`,
        hints: [
          'atmos auth trust',
          'where no one can be prompted, as in CI: export ATMOS_AUTH_TRUST=1',
        ],
      },
    );
  }
  expect(machine.center.calls).toHaveLength(sent);
});

describe('a sign-in', () => {
  test('whose port is in use names it, and shows no page', async () => {
    const port = await listen(createServer());
    const machine = await openSignedIn();
    const spec = `flow: browser\n        callback_port: ${port}`;
    machine.writeConfig(corpConfig(machine, { spec }));
    const pages = installBrowser(machine);
    const before = storedIn(machine);
    const session = atTerminal(machine, 'auth login --provider corp --force');
    await session.waitFor(`port ${port} of 127.0.0.1 is in use by another program`);
    await session.waitFor('--device-code');
    await session.waitFor('stop the other program, or change ');
    await session.waitFor(`${machine.project}/atmos.yaml:12:24`);
    expect(await session.ended).toMatchObject({ exitCode: 1 });
    expect(pages()).toEqual([]);
    expect(storedIn(machine)).toEqual(before);
  });

  test.each([
    ['https://login.example.net/start', 'does not lead to it, but to https://login.example.net'],
    [undefined, 'does not redirect to it'],
  ])('at a start URL of a company that leads to %s opens no page', async (location, message) => {
    const { key, cert } = selfSignedCertificate('sso.example.com');
    const company = createHttpsServer({ key, cert }, (_, response) => {
      if (location !== undefined) response.writeHead(302, { location });
      response.end();
    });
    const proxy = await startConnectProxy(await listen(company));
    onTestFinished(proxy.close);
    const machine = await openSignedIn();
    const sent = machine.center.calls.length;
    const bundle = join(machine.root, 'ca.pem');
    writeFileSync(bundle, cert);
    Object.assign(machine.env, { AWS_CA_BUNDLE: bundle, HTTPS_PROXY: proxy.url });
    machine.writeConfig(
      corpConfig(machine, { spec: 'flow: device' }).replace(
        startUrl,
        'https://sso.example.com/start',
      ),
    );
    const pages = installBrowser(machine);
    const before = storedIn(machine);
    const session = atTerminal(machine, 'auth login --provider corp');
    await session.waitFor(`https://sso.example.com/start is not a portal of AWS, and ${message}`);
    await session.waitFor('set start_url to the address that the AWS access portal shows');
    expect(await session.ended).toMatchObject({ exitCode: 1 });
    expect(proxy.targets).toEqual(['sso.example.com:443']);
    expect(pages()).toEqual([]);
    expect(machine.center.calls).toHaveLength(sent);
    expect(storedIn(machine)).toEqual(before);
  });
});
