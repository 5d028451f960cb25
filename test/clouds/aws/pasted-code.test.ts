import { describe, expect, test } from 'vitest';
import { errorOf } from '../../support/error-of.ts';
import { codeOf, openSigninPlace, type SigninPlace } from './signin-place.ts';

/** A person on another device, who pastes these texts and then the code of the page. */
function pasting(place: SigninPlace, ...texts: string[]) {
  const pasteCode = async () => {
    const text = texts.shift();
    return text ?? codeOf(place.pages[0]?.url ?? new URL('http://127.0.0.1'));
  };
  return place.signIn({ openPage: undefined as never, flow: 'device', pasteCode });
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a code from another device', () => {
  test('opens a session', async () => {
    const place = await openSigninPlace();
    const { credentials } = await place.open({ ask: { signIn: pasting(place) } });
    expect(credentials).toMatchObject({ type: 'aws', expiresAt: new Date('2026-01-01T00:15:00Z') });
    const page = place.pages[0]?.url.searchParams;
    expect(page?.get('client_id')).toBe('arn:aws:signin:::devtools/cross-device');
    expect(page?.get('redirect_uri')).toBe(`${place.signin.url}/v1/sessions/confirmation`);
    expect(place.signin.problems()).toEqual([]);
    expect(place.warnings).toEqual([]);
  });

  const damaged = 'this is not the code of the last page of the sign-in: copy all of it';
  test.each([
    ['is text', 'hello, world', damaged],
    ['is empty', '', damaged],
    ['has no code', base64('state=x&kode=y'), damaged],
    ['is too long', base64(`state=x&code=${'y'.repeat(8192)}`), damaged],
    [
      'is of another sign-in',
      base64('state=x&code=secret'),
      'this code belongs to another sign-in: copy the code of the page above',
    ],
  ])('that %s is asked for again', async (_, text, warning) => {
    const place = await openSigninPlace();
    await place.open({ ask: { signIn: pasting(place, text) } });
    expect(place.warnings).toEqual([warning]);
  });

  test('may have line breaks in it', async () => {
    const place = await openSigninPlace();
    const pasteCode = async () => {
      const code = await codeOf(place.pages[0]?.url ?? new URL('http://127.0.0.1'));
      return ` ${code.slice(0, 20)}\r\n${code.slice(20)} `;
    };
    await place.open({ ask: { signIn: place.signIn({ flow: 'device', pasteCode }) } });
    expect(place.warnings).toEqual([]);
  });

  test.each([
    ['in quotes', (code: string) => `"${code}"`],
    [
      'as the address of the page that shows it',
      (code: string, { signin }: SigninPlace) =>
        `${signin.url}/v1/sessions/confirmation?${Buffer.from(code, 'base64').toString()}`,
    ],
  ])('is accepted %s', async (_, write) => {
    const place = await openSigninPlace();
    const pasteCode = async () =>
      write(await codeOf(place.pages[0]?.url ?? new URL('http://127.0.0.1')), place);
    await place.open({ ask: { signIn: place.signIn({ flow: 'device', pasteCode }) } });
    expect(place.warnings).toEqual([]);
  });

  test('in an address of another sign-in or another page is asked for again', async () => {
    const place = await openSigninPlace();
    const page = `${place.signin.url}/v1/sessions/confirmation?state=x&code=y`;
    const elsewhere = 'https://signin.example.com/v1/sessions/confirmation?state=x&code=y';
    await place.open({ ask: { signIn: pasting(place, page, elsewhere) } });
    expect(place.warnings).toEqual([
      'this code belongs to another sign-in: copy the code of the page above',
      damaged,
    ]);
  });

  test('that has expired is reported', async () => {
    const place = await openSigninPlace();
    const pasteCode = async () => {
      const code = await codeOf(place.pages[0]?.url ?? new URL('http://127.0.0.1'));
      place.pass(61_000);
      return code;
    };
    const ask = { signIn: place.signIn({ flow: 'device', pasteCode }) };
    expect(await errorOf(place.open({ ask }))).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_FAILED',
      message:
        'the sign-in to AWS for identity dev failed: the code of the page was not accepted (AUTHCODE_EXPIRED, status 401: The authorization code is expired or used)',
      hints: ['atmos auth login --identity dev --webflow'],
    });
  });

  test('cannot be entered without a terminal', async () => {
    const place = await openSigninPlace();
    const ask = { signIn: place.signIn({ flow: 'device' }) };
    expect(await errorOf(place.open({ ask }))).toMatchObject({
      code: 'ERR_AUTH_SIGN_IN_REQUIRED',
      message:
        'identity dev needs a sign-in in the browser: no browser is opened here, and there is no terminal for a code',
    });
    expect(place.signin.calls).toEqual([]);
  });
});
