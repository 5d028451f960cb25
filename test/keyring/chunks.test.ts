import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createGeneration,
  createHeader,
  formatHeader,
  formatPartName,
  isMarked,
  isPast,
  parseHeader,
  parsePartName,
  splitBytes,
} from '../../src/keyring/chunks.ts';
import { isKey } from '../../src/keyring/key.ts';

const now = new Date('2026-01-01T00:00:00Z');
const generation = '019b76da1000-0123456789abcdef';

describe('a generation', () => {
  test('contains its creation time, and is different every time', () => {
    expect(createGeneration(now)).toMatch(/^019b76[0-9a-f]{6}-[0-9a-f]{16}$/);
    expect(createGeneration(now)).not.toBe(createGeneration(now));
  });

  test('is past if no write can still use it, even if its clock was ahead', () => {
    const chosen = createGeneration(now);
    const after = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
    expect(isPast(chosen, after(9))).toBe(false);
    expect(isPast(chosen, after(11))).toBe(true);
    expect(isPast(chosen, after(-11))).toBe(true);
  });
});

describe('the name of a part', () => {
  test('is not an entry name, and is parsed completely', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(999), (key, index) => {
        const name = formatPartName({ generation, index, key });
        expect(parsePartName(name)).toEqual({ generation, index, key });
        expect(isKey(name)).toBe(false);
      }),
    );
  });

  test.each([
    'atmos_realm_alias',
    '.atmos-auth-part/',
    `.atmos-auth-part/${generation}/0/`,
    `.atmos-auth-part/${generation}/01/key`,
    `.atmos-auth-part/${generation}/-1/key`,
    `.atmos-auth-part/${generation}/12345/key`,
    '.atmos-auth-part/00000000000-0123456789abcdef/0/key',
    `x.atmos-auth-part/${generation}/0/key`,
  ])('%s is invalid', (name) => {
    expect(parsePartName(name)).toBeUndefined();
  });
});

describe('a header', () => {
  const header = createHeader(generation, Buffer.from('value'), 3);

  test('is parsed completely, and is not longer than a part', () => {
    expect(parseHeader(formatHeader(header))).toEqual(header);
    expect(formatHeader({ ...header, count: 1000 }).length).toBeLessThan(200);
    expect(isMarked(formatHeader(header))).toBe(true);
  });

  test.each([
    ['a value', '{"type":"aws"}'],
    ['nothing but the mark', 'atmos-auth-parts:'],
    ['no JSON', 'atmos-auth-parts:{'],
    ['another JSON', 'atmos-auth-parts:null'],
    ['no count', `atmos-auth-parts:{"generation":"${generation}"}`],
    ['too many parts', headerText({ count: 1001 })],
    ['no parts', headerText({ count: 0 })],
    ['half a part', headerText({ count: 1.5 })],
    ['a generation that leads elsewhere', headerText({ generation: '../../x' })],
    ['no hash', headerText({ sha256: 'abc' })],
  ])('%s is invalid', (_, text) => {
    expect(parseHeader(Buffer.from(text))).toBeUndefined();
  });

  test('parsing never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(parseHeader(Buffer.from(bytes))).toBeUndefined();
        parseHeader(Buffer.concat([Buffer.from('atmos-auth-parts:'), bytes]));
      }),
    );
  });

  function headerText(change: object): string {
    return `atmos-auth-parts:${JSON.stringify({ generation, count: 1, sha256: 'a'.repeat(64), ...change })}`;
  }
});

test('bytes are split into at least one part, and only the last part is shorter', () => {
  const sizes = (length: number) => splitBytes(Buffer.alloc(length), 10).map((part) => part.length);
  expect(sizes(0)).toEqual([0]);
  expect(sizes(10)).toEqual([10]);
  expect(sizes(11)).toEqual([10, 1]);
  expect(sizes(25)).toEqual([10, 10, 5]);
});
