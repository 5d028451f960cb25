import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPrintable, printable, printableJson } from '../../src/core/printable.ts';

test.each([
  ['a control sequence', '\u001b[2J\u0007', '\\u001b[2J\\u0007'],
  ['a control character of a single byte', '\u009b2J\u007f', '\\u009b2J\\u007f'],
  ['a line break', 'a\nhint: b', 'a\\nhint: b'],
  ['a carriage return and a tab', 'a\r\tb', 'a\\u000d\\u0009b'],
  ['the separators of Unicode', '\u0085\u2028\u2029', '\\u0085\\u2028\\u2029'],
  ['bidi controls', '\u202e\u2066\u200f', '\\u202e\\u2066\\u200f'],
  ['invisible characters', '\u200b\u2060\ufeff\u00ad\u3164', '\\u200b\\u2060\\ufeff\\u00ad\\u3164'],
  ['a tag, beyond the first plane', '\u{e0041}', '\\udb40\\udc41'],
  ['an unpaired surrogate', 'a\ud83d', 'a\\ud83d'],
  ['joiners outside of an emoji', 'a\u200db\ufe0f', 'a\\u200db\\ufe0f'],
  ['an emoji of several code points', '👩‍💻 👩🏽‍💻 ❤️‍🔥', '👩‍💻 👩🏽‍💻 ❤️‍🔥'],
  ['other letters and symbols', 'grüße 日本 😀 C:\\new', 'grüße 日本 😀 C:\\new'],
])('is escaped where necessary: %s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(printable(shown)).toBe(shown);
  expect(isPrintable(text)).toBe(text === shown);
});

test('JSON contains the exact value and no character that controls a terminal', () => {
  expect(printableJson({ a: 'x\u009b\u202e\n' })).toBe('{\n  "a": "x\\u009b\\u202e\\n"\n}');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson([text]);
      const [read]: string[] = JSON.parse(json);
      return read === text && json.split('\n').every(isPrintable);
    }),
  );
});
