import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutUrlUser } from '../../src/core/url-user.ts';

test.each([
  ['https://host/path?x=1', 'https://host/path?x=1'],
  ['https://ada:hunter2@host', 'https://…@host'],
  ['https://ada:hunter2@host:8443/a?b=c', 'https://…@host:8443/a?b=c'],
  ['https:\\\\ada:hunter2@host', 'https://…@host'],
  ['https:/ada:hunter2@host/a', 'https://…@host/a'],
  ['https:ada:hunter2@host', 'https://…@host'],
  ['https://ada:hun ter2@host', 'https://…@host'],
  ['http://a:hunter2@x, http://b:hunter2@y', 'http://…@x, http://…@y'],
  ['no URL', 'no URL'],
  ['ada@example.com', 'ada@example.com'],
])('%s is shown as %s', (text, shown) => {
  expect(withoutUrlUser(text)).toBe(shown);
});

test('of a URL in any spelling, the password is not shown', () => {
  const slashes = fc.stringMatching(/^[/\\]{0,4}$/);
  fc.assert(
    fc.property(slashes, fc.stringMatching(/^[ -~]{0,8}$/), (between, user) => {
      const text = `https:${between}${user}:canary@host`;
      fc.pre(URL.canParse(text) && new URL(text).password === 'canary');
      expect(withoutUrlUser(text)).not.toContain('canary');
    }),
  );
});
