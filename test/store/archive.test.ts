import { describe, expect, test } from 'vitest';
import { formatArchive, parseArchive, type Archive } from '../../src/store/archive.ts';

const archive: Archive = {
  createdAt: new Date('2026-03-01T08:00:00.000Z'),
  keyring: { type: 'file', location: '/home/ada/.local/share/atmos/keyring' },
  entries: new Map([
    ['atmos_r_dev', '{"type":"aws","data":{}}'],
    ['atmos_r_ops@session', 'text with "quotes", \u0000 and \u{1f511}'],
    ['other/program', ''],
  ]),
};

/** The text of the archive, with a change of its JSON. */
function changed(change: (document: Record<string, unknown>) => object): string {
  return `${JSON.stringify(change(JSON.parse(formatArchive(archive))), undefined, 2)}\n`;
}

test('an archive is parsed as it was formatted', () => {
  expect(parseArchive(formatArchive(archive))).toEqual(archive);
  const empty = { ...archive, entries: new Map() };
  expect(parseArchive(formatArchive(empty))).toEqual(empty);
});

test('a newer version is reported whatever else it has', () => {
  expect(parseArchive(changed((document) => ({ ...document, version: 2 })))).toEqual({ newer: 2 });
  expect(parseArchive('{"format":"atmos-auth archive","version":3}')).toEqual({ newer: 3 });
});

const first = { key: 'a', value: '1' };
const second = { key: 'b', value: '2' };

describe('an archive is rejected with', () => {
  test.each<[string, (document: Record<string, unknown>) => object]>([
    ['another format', (document) => ({ ...document, format: 'atmos-auth' })],
    ['an older version', (document) => ({ ...document, version: 0 })],
    ['a version that is text', (document) => ({ ...document, version: '2' })],
    ['a time that is not one', (document) => ({ ...document, created: 'today' })],
    ['a time in another form', (document) => ({ ...document, created: '2026-03-01' })],
    ['no keyring', (document) => ({ ...document, keyring: null })],
    ['a keyring without a location', (document) => ({ ...document, keyring: { type: 'file' } })],
    ['no list of entries', (document) => ({ ...document, entries: {} })],
    ['another field', (document) => ({ ...document, more: true })],
    ['an entry with another field', (one) => ({ ...one, entries: [{ ...first, more: 1 }] })],
    ['an entry without a value', (document) => ({ ...document, entries: [{ key: 'a' }] })],
    ['an entry that is text', (document) => ({ ...document, entries: ['a'] })],
    ['a name twice', (document) => ({ ...document, entries: [first, first] })],
    ['names that are not in order', (document) => ({ ...document, entries: [second, first] })],
    ['an empty name', (document) => ({ ...document, entries: [{ ...first, key: '' }] })],
    [
      'the name of a directory',
      (document) => ({ ...document, entries: [{ ...first, key: '..' }] }),
    ],
    ['half a character', (document) => ({ ...document, entries: [{ ...first, value: '\ud800' }] })],
  ])('%s', (_, change) => {
    expect(parseArchive(changed(change))).toBeUndefined();
  });
});

test('no prefix and no changed character makes an archive with other entries', () => {
  const text = formatArchive(archive);
  for (let at = 0; at < text.length; at++) {
    expect(parseArchive(text.slice(0, at))).toBeUndefined();
    for (const character of ['"', ' ', '}', '\\', '9']) {
      const damaged = `${text.slice(0, at)}${character}${text.slice(at + 1)}`;
      const parsed = parseArchive(damaged);
      // Within a text, a changed character is another text: only age notices that.
      if (parsed !== undefined && !('newer' in parsed)) {
        expect(formatArchive(parsed)).toBe(damaged);
        expect(parsed.entries.size).toBe(archive.entries.size);
      }
    }
  }
});

test('a text with more structure than the largest archive is rejected before it is parsed', () => {
  const start = '{"format":"atmos-auth archive","version":2,"more":';
  for (const part of ['[', '{"a":', '[],', '0,']) {
    expect(parseArchive(`${start}[${part.repeat(600_100)}`)).toBeUndefined();
  }
  const entries = new Map(
    Array.from({ length: 100_000 }, (_, at) => [`e${100_000 + at}`, '{"[,:\\"'] as const),
  );
  const largest = formatArchive({ ...archive, entries });
  expect(parseArchive(largest)).toEqual({ ...archive, entries });
});
