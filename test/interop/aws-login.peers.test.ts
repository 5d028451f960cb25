import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { peer } from '../support/peers.ts';
import { openPty } from '../support/pty.ts';
import { expectSignedIn, openSigninMachine, testAsSigninClient } from './signin-clients.ts';

// The AWS CLI signs in at our stand-in for AWS Sign-In, so the pages accept what it sends.
const aws = peer('awscli-v2');
const limitMs = 120_000;

describe.skipIf(!aws)('aws login', { timeout: limitMs }, () => {
  test('signs in through the browser', async () => {
    const machine = await openSigninMachine({ pages: 'allow' });
    const { signin } = machine;
    const browser = join(machine.home, 'browser');
    const visit = `"${process.execPath}" -e 'fetch(process.argv[1])' "$1" >/dev/null 2>&1`;
    // The AWS CLI waits for the browser to return before it accepts the redirect.
    writeFileSync(browser, `#!/bin/sh\n${visit} &\n`, { mode: 0o755 });
    const options = { env: { BROWSER: browser } };
    expect(await machine.run(aws?.path ?? '', ['login'], options)).toMatchObject({ exitCode: 0 });
    expect(signin.requests()).toEqual({
      Authorize: 1,
      'CreateOAuth2Token authorization_code': 1,
    });
    expectSignedIn(await machine.run(aws?.path ?? '', ['sts', 'get-caller-identity']), machine);
    expect(signin.problems()).toEqual([]);
  });

  test('signs in with the code that a page on another device shows', async () => {
    const machine = await openSigninMachine({ pages: 'allow' });
    const { signin } = machine;
    const session = openPty(aws?.path ?? '', ['login', '--remote'], {
      env: { ...machine.env, AWS_ENDPOINT_URL_SIGNIN: signin.url, AWS_PROFILE: 'dev' },
      cwd: machine.project,
    });
    await session.waitFor('Enter the authorization code');
    const page = /http:\/\/127\.0\.0\.1:\d+\/v1\/authorize\?\S+/.exec(session.shown())?.[0] ?? '';
    const code = /<h1>([\w+/=]+)<\/h1>/.exec(await (await fetch(page)).text())?.[1] ?? '';
    session.type(`${code}\r`);
    expect(await session.ended).toMatchObject({ exitCode: 0 });
    expect(signin.requests()).toEqual({
      Authorize: 1,
      Confirm: 1,
      'CreateOAuth2Token authorization_code': 1,
    });
    expectSignedIn(await machine.run(aws?.path ?? '', ['sts', 'get-caller-identity']), machine);
    expect(signin.problems()).toEqual([]);
  });
});

describe.skipIf(!aws)('the AWS CLI, with a file of a sign-in', { timeout: limitMs }, () => {
  testAsSigninClient([aws?.path ?? '', 'sts', 'get-caller-identity']);
});
