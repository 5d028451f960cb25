import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SignIn } from '../../../src/clouds/contract.ts';
import { errorOf } from '../../support/error-of.ts';
import { openPortalPlace, type PortalPlace } from './portal-place.ts';

let place: PortalPlace;
let warnings: string[];

beforeEach(async () => {
  place = await openPortalPlace();
  warnings = [];
});

afterEach(() => place.center.close());

function open(changes: Partial<SignIn>, spec = {}) {
  const signIn = place.signIn({ flow: 'browser', ...changes });
  const warn = (message: string) => void warnings.push(message);
  return place.plan({ spec }).open(place.context({ ask: { signIn }, warn }));
}

/** Where the page of the stand-in sends the browser, which does not go there. */
async function redirectOf(page: URL): Promise<URL> {
  const { headers } = await fetch(page, { redirect: 'manual' });
  return new URL(headers.get('location') ?? '');
}

const failed = (message: string) => ({
  code: 'ERR_AUTH_SIGN_IN_FAILED',
  message,
  hints: ['atmos auth login --provider corp'],
});

describe('the page', () => {
  test('is that of the service, with a challenge and without a secret', async () => {
    await open({});
    const [page] = place.pages;
    expect(Object.fromEntries(page?.url.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      scopes: 'sso:account:access',
      code_challenge_method: 'S256',
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(page).toMatchObject({
      named: 'provider corp',
      expiresAt: new Date('2026-01-01T00:10:00Z'),
    });
    expect(page).not.toHaveProperty('code');
    expect(place.center.calls[0]?.params).toMatchObject({
      clientType: 'public',
      scopes: ['sso:account:access'],
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: ['http://127.0.0.1/oauth/callback'],
      issuerUrl: place.center.startUrl,
    });
    expect(place.center.problems()).toEqual([]);
  });

  test('has new values each time', async () => {
    await open({});
    await open({});
    const [first, second] = place.pages.map(({ url }) => url.searchParams);
    for (const name of ['state', 'code_challenge', 'client_id']) {
      expect(first?.get(name)).not.toBe(second?.get(name));
    }
  });

  test('is opened with the configured command', async () => {
    const commands: (string | undefined)[] = [];
    const openPage = async (url: URL, browser?: string) => {
      commands.push(browser);
      await fetch(url);
      return true;
    };
    await open({ openPage }, { browser: 'firefox -P work' });
    expect(commands).toEqual(['firefox -P work']);
  });

  test('is only shown if no browser can be started', async () => {
    // It ends when the browser has its answer, as one that a program controls.
    const showPage: SignIn['showPage'] = async ({ url }) => void (await fetch(url));
    await open({ openPage: () => Promise.resolve(false), showPage });
    await open({ openPage: undefined as never, showPage });
    expect(place.center.requests()).toMatchObject({ 'CreateToken authorization_code': 2 });
  });

  test('redirects to the configured port', async () => {
    const free = createServer();
    await new Promise<void>((done) => free.listen(0, '127.0.0.1', done));
    const { port } = free.address() as AddressInfo;
    const error = await errorOf(open({}, { callback_port: port }));
    expect(error).toMatchObject({
      code: 'ERR_IO',
      message: `port ${port} of 127.0.0.1 is in use by another program`,
      hints: [
        'to sign in with a code, which needs no port: add --device-code',
        expect.stringMatching(/^stop the other program, or change .*spec.callback_port/),
      ],
    });
    await new Promise((done) => free.close(done));
    await open({}, { callback_port: port });
    const redirect = new URL(place.pages.at(-1)?.url.searchParams.get('redirect_uri') ?? '');
    expect(redirect.port).toBe(String(port));
  });
});

describe('the redirect', () => {
  test('says in the browser whether the person is signed in', async () => {
    const shown: Promise<string>[] = [];
    const openPage = (url: URL) => {
      shown.push(fetch(url).then((answer) => answer.text()));
      return Promise.resolve(true);
    };
    await open({ openPage });
    const fail = { name: 'InvalidGrantException' } as const;
    place.center.script({ action: 'CreateToken authorization_code', fail });
    await errorOf(open({ openPage }));
    const [first, second] = await Promise.all(shown);
    expect(first).toContain('<h1>Signed in</h1>');
    expect(second).toContain('<h1>Not signed in</h1>');
  });

  test('with another state is refused, and the sign-in goes on', async () => {
    const statuses: number[] = [];
    const openPage = async (url: URL) => {
      const redirect = await redirectOf(url);
      const forged = new URL(redirect);
      forged.searchParams.set('state', 'forged');
      forged.searchParams.set('code', 'code-of-another');
      statuses.push((await fetch(forged)).status);
      await fetch(redirect);
      return true;
    };
    const { renewal } = await open({ openPage });
    expect(renewal).toMatchObject({ flow: 'browser' });
    expect(statuses).toEqual([400]);
    expect(place.center.requests()).toMatchObject({ 'CreateToken authorization_code': 1 });
  });

  test('of a person who refuses ends the sign-in', async () => {
    place.center.setPages('deny');
    expect(await errorOf(open({}))).toMatchObject(
      failed(`the sign-in to ${place.center.startUrl} (provider corp) was refused`),
    );
  });

  test('with another error names it, without what is not printable', async () => {
    const openPage = async (url: URL) => {
      const redirect = await redirectOf(url);
      redirect.searchParams.delete('code');
      redirect.searchParams.set('error', 'server_error');
      redirect.searchParams.set('error_description', 'try\u001b[2J again');
      await fetch(redirect);
      return true;
    };
    expect(await errorOf(open({ openPage }))).toMatchObject(
      failed(`the sign-in to ${place.center.startUrl} failed: server_error: try [2J again`),
    );
  });

  test('without a code ends the sign-in', async () => {
    const openPage = async (url: URL) => {
      const redirect = await redirectOf(url);
      redirect.searchParams.delete('code');
      await fetch(redirect);
      return true;
    };
    expect(await errorOf(open({ openPage }))).toMatchObject(
      failed(`the page of ${place.center.startUrl} sent no code`),
    );
  });

  test('with a code that is not accepted ends the sign-in', async () => {
    const fail = { name: 'InvalidGrantException' } as const;
    place.center.script({ action: 'CreateToken authorization_code', fail });
    expect(await errorOf(open({}))).toMatchObject(
      failed(
        `the sign-in to ${place.center.startUrl} failed: the code of the page was not accepted (InvalidGrantException)`,
      ),
    );
  });

  test('that does not come ends the sign-in after 10 minutes', async () => {
    const opening = errorOf(
      open({
        openPage() {
          place.clock.expire();
          return Promise.resolve(true);
        },
        showPage: (_, signal) =>
          new Promise((resolve) => {
            setImmediate(place.clock.expire);
            signal.addEventListener('abort', () => resolve(), { once: true });
          }),
      }),
    );
    expect(await opening).toMatchObject(
      failed(
        `no one signed in to ${place.center.startUrl} (provider corp) in time, so the page is no longer valid`,
      ),
    );
  });
});

describe('an address that the person enters', () => {
  const without = { openPage: () => Promise.resolve(true) };

  test('is the third way, and another one may be entered', async () => {
    let entered = 0;
    const pasteAddress = async () => {
      entered += 1;
      const redirect = await redirectOf(place.pages[0]?.url ?? new URL('http://x'));
      if (entered === 1) return 'not an address';
      if (entered === 2) return redirect.href.replace(/state=[^&]+/, 'state=forged');
      if (entered === 3) return redirect.href.replace('127.0.0.1', 'example.com');
      return ` ${redirect.href}\n`;
    };
    const { renewal } = await open({ ...without, pasteAddress });
    expect(renewal).toMatchObject({ flow: 'browser' });
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toBe(
      'this is not the address of the last page of this sign-in: it starts with http://127.0.0.1 and contains /oauth/callback',
    );
  });

  test.each([
    ['"', '"'],
    ["'", "'"],
    ['<', '>'],
    ['', '', '\n'],
    [' "', '"\n', '\r\n  '],
  ])(
    'may have %j and %j around it, and line breaks %j in it',
    async (before, after, within = '') => {
      const pasteAddress = async () => {
        const { href } = await redirectOf(place.pages[0]?.url ?? new URL('http://x'));
        return `${before}${href.slice(0, 60)}${within}${href.slice(60)}${after}`;
      };
      await open({ ...without, pasteAddress });
      expect(warnings).toEqual([]);
    },
  );

  test('is not waited for any longer when the browser has come back', async () => {
    let isOver = false;
    const pasteAddress = (signal: AbortSignal) =>
      new Promise<string>((_, reject) => {
        signal.addEventListener('abort', () => {
          isOver = true;
          reject(new Error('aborted'));
        });
      });
    await open({ pasteAddress });
    expect(isOver).toBe(true);
  });
});

test('what the person cancels is canceled', async () => {
  const canceled = new Error('canceled');
  const showPage = () => Promise.reject(canceled);
  const openPage = () => Promise.resolve(true);
  await expect(open({ showPage, openPage })).rejects.toBe(canceled);
});
