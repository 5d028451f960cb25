import { request } from 'node:http';

import { describe, expect, test } from 'vitest';
import { atTerminal } from '../script/at-terminal.ts';
import { installBrowser, lastPage, openCorp, shownPage, type Corp } from '../script/corp.ts';
import { storedIn } from '../script/stored.ts';
import { openChromium } from '../support/chromium.ts';
import { peer } from '../support/peers.ts';
import type { PtySession } from '../support/pty.ts';

// A real browser drives the sign-in of the built program, with a redirect to 127.0.0.1.
const chromium = peer('chromium');
const limitMs = 120_000;

/** A machine where `auth login --provider corp` waits, and the browser at its page. */
async function openSignIn() {
  const machine = await openCorp('flow: browser', { users: [{ name: 'ada' }, { name: 'grace' }] });
  const session = atTerminal(machine, 'auth login --provider corp');
  const address = await shownPage(session);
  const page = await (await openChromium(chromium?.path ?? '')).newPage();
  await page.goto(address);
  const redirectUri = new URL(address).searchParams.get('redirect_uri') ?? '';
  return { machine, session, page, address, redirectUri };
}

/** The status of a request for the address, with another Host if it is given. */
function statusOf(address: string, host?: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { host };
    request(address, { headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

async function expectSignedIn(session: PtySession, { center }: Corp): Promise<void> {
  await session.waitFor('Signed in to corp until ');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  expect(center.problems()).toEqual([]);
}

describe.skipIf(!chromium)('Chromium', { timeout: limitMs }, () => {
  test('comes back to the terminal after a click on Allow, and shows that it has', async () => {
    const { machine, session, page } = await openSignIn();
    await page.getByLabel('User').selectOption('grace');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Signed in', exact: true }).waitFor();
    await expectSignedIn(session, machine);
    expect(await machine.atmos('auth login')).toMatchObject({ exitCode: 0 });
    const { stdout } = await machine.atmos('auth whoami -o json');
    expect(JSON.parse(stdout)).toMatchObject({ principal: expect.stringMatching(/\/grace$/) });
  });

  test('comes back after a click on Deny, and nothing is stored', async () => {
    const { machine, session, page } = await openSignIn();
    const before = storedIn(machine);
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByRole('heading', { name: 'Not signed in' }).waitFor();
    await session.waitFor('(provider corp) was refused');
    expect(await session.ended).toMatchObject({ exitCode: 4 });
    expect(storedIn(machine)).toEqual(before);
  });

  test('signs in although another page sends forged answers first', async () => {
    const { machine, session, page, address, redirectUri } = await openSignIn();
    const state = new URL(address).searchParams.get('state') ?? '';
    const forged = `${redirectUri}?code=forged&state=${'A'.repeat(state.length)}`;
    // As a page would that the browser shows in another tab.
    const other = await page.context().newPage();
    await other.goto(forged);
    await other.getByRole('heading', { name: 'Refused' }).waitFor();
    expect(await statusOf(`${redirectUri}?code=forged`)).toBe(400);
    const { port } = new URL(redirectUri);
    expect(await statusOf(`${redirectUri}?code=forged&state=${state}`, `evil.test:${port}`)).toBe(
      421,
    );
    expect(await statusOf(new URL(`/other?state=${state}`, redirectUri).href)).toBe(404);
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Signed in', exact: true }).waitFor();
    await expectSignedIn(session, machine);
  });

  test('is the only one to be answered: a second answer is refused', async () => {
    const { machine, session, page, address, redirectUri } = await openSignIn();
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    machine.center.script({ action: 'CreateToken authorization_code', until });
    const clicked = page.getByRole('button', { name: 'Allow' }).click();
    await expect
      .poll(() => machine.center.requests()['CreateToken authorization_code'], { timeout: limitMs })
      .toBe(1);
    const state = new URL(address).searchParams.get('state') ?? '';
    expect(await statusOf(`${redirectUri}?code=second&state=${state}`)).toBe(410);
    release();
    await clicked;
    await page.getByRole('heading', { name: 'Signed in', exact: true }).waitFor();
    await expectSignedIn(session, machine);
    expect(machine.center.requests()).toMatchObject({ 'CreateToken authorization_code': 1 });
  });

  test('stays at a page that is not used, until Ctrl-C ends the wait and nothing is stored', async () => {
    const { machine, session, page, redirectUri } = await openSignIn();
    const before = storedIn(machine);
    await session.waitFor('Or paste the address that could not be opened (http://127.0.0.1:…): ');
    session.type('\u0003');
    expect(await session.ended).toMatchObject({ exitCode: 130 });
    expect(storedIn(machine)).toEqual(before);
    await page.getByRole('button', { name: 'Allow' }).click();
    await expect.poll(() => page.url(), { timeout: limitMs }).toContain('chrome-error://');
    await expect(statusOf(redirectUri)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a browser', { timeout: limitMs }, () => {
  test('that is opened gets the page, and signs the person in', async () => {
    const machine = await openCorp('', { pages: 'allow' });
    const pages = installBrowser(machine);
    const session = atTerminal(machine, 'auth login --provider corp');
    const address = await shownPage(session);
    await expectSignedIn(session, machine);
    expect(pages()).toEqual([address]);
  });

  test('that cannot be started is no failure: the address is shown, and the last one can be pasted', async () => {
    const machine = await openCorp('', { pages: 'allow' });
    installBrowser(machine);
    machine.env['BROWSER'] = `${process.execPath} -e process.exit(1)`;
    const session = atTerminal(machine, 'auth login --provider corp');
    const address = await lastPage(await shownPage(session));
    await session.waitFor('Or paste the address that could not be opened (http://127.0.0.1:…): ');
    session.type(`${address}\r`);
    await expectSignedIn(session, machine);
  });
});
