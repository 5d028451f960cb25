import { describe, expect, it } from 'vitest';
import {
  about,
  anyMap,
  checkShape,
  describeProblem,
  findUnknownKeys,
  flag,
  keysOf,
  listOf,
  mapOf,
  namesTo,
  optional,
  scalar,
  setting,
  text,
  textOrCount,
  textOrTexts,
  type ShapeProblem,
} from '../../src/core/validate.ts';

const schema = mapOf({
  name: text,
  default: optional(flag),
  tags: optional(listOf(text)),
  people: optional(namesTo(mapOf({ age: optional(textOrCount) }))),
  rest: optional(anyMap),
});

function problemsOf(value: unknown): ShapeProblem[] {
  const problems: ShapeProblem[] = [];
  expect(checkShape(schema, value, (problem) => problems.push(problem))).toBeUndefined();
  return problems;
}

describe('a schema', () => {
  it('returns known keys and drops others', () => {
    const value = {
      name: 'a',
      unknown: 1,
      tags: ['x'],
      people: { ada: { age: 36, born: 1815 } },
      rest: { b: [1] },
    };
    const checked = checkShape(schema, value, () => expect.unreachable());
    expect(checked).toEqual({
      name: 'a',
      tags: ['x'],
      people: { ada: { age: 36 } },
      rest: { b: [1] },
    });
  });

  it('reports each problem', () => {
    expect(problemsOf({ default: 'yes', tags: [1], people: [], rest: 'x' })).toEqual([
      { path: ['name'], expected: expect.any(String), found: undefined },
      { path: ['default'], expected: 'true or false', found: 'yes' },
      { path: ['tags', '0'], expected: 'text', found: 1 },
      { path: ['people'], expected: 'a map', found: [] },
      { path: ['rest'], expected: 'a map', found: 'x' },
    ]);
    expect(problemsOf(null)).toEqual([{ path: [], expected: 'a map', found: null }]);
  });
});

describe('the description of a problem', () => {
  it.each([
    [undefined, 'is missing', 'is missing'],
    [5, 'must be text, not the number 5', 'must be text, not a number'],
    [true, 'must be text, not true', 'must be text, not a boolean'],
    ['x\n', 'must be text, not the text "x\\n"', 'must be text, not text'],
    ['x'.repeat(50), 'must be text, not text', 'must be text, not text'],
    [null, 'must be text, not empty', 'must be text, not empty'],
    [[1], 'must be text, not a list', 'must be text, not a list'],
    [{ a: 1 }, 'must be text, not a map', 'must be text, not a map'],
  ])('for the value %j', (found, open, secret) => {
    const problem = { path: [], expected: 'text', found };
    expect(describeProblem(problem)).toBe(open);
    expect(describeProblem(problem, true)).toBe(secret);
  });
});

describe('unknown keys', () => {
  it('are reported with the most similar known key', () => {
    expect(findUnknownKeys({ path: 1, pth: 2, zzzzzz: 3 }, ['path', 'type'])).toEqual([
      { key: 'pth', nearest: 'path' },
      { key: 'zzzzzz', nearest: undefined },
    ]);
    expect(findUnknownKeys('no map', ['path'])).toEqual([]);
  });
});

describe('the description of a key', () => {
  const described = mapOf({
    name: about(text, 'A name.'),
    size: setting(textOrCount, 'A size.', { default: '1', environment: 'SIZE' }),
  });

  it('is not used when a value is checked', () => {
    const checked = checkShape(described, { name: 'a' }, () => expect.unreachable());
    expect(checked).toEqual({ name: 'a' });
    const problems: ShapeProblem[] = [];
    checkShape(described, { name: 1, size: [] }, (problem) => problems.push(problem));
    expect(problems).toMatchObject([
      { path: ['name'], expected: 'text' },
      { path: ['size'], expected: 'text or a whole number' },
    ]);
  });

  it('does not change the keys of its map', () => {
    expect(keysOf(about(described, 'A map.'))).toEqual(['name', 'size']);
    expect(keysOf(text)).toEqual([]);
    expect(keysOf(anyMap)).toEqual([]);
  });
});

describe('the value of a key', () => {
  const expectedOf = (piece: typeof scalar | typeof textOrTexts, value: unknown) => {
    const problems: ShapeProblem[] = [];
    checkShape(mapOf({ a: piece }), { a: value }, (problem) => problems.push(problem));
    return problems.map(({ expected }) => expected);
  };

  it('is a scalar for a variable', () => {
    for (const value of ['', 'a', 0, 1.5, true]) expect(expectedOf(scalar, value)).toEqual([]);
    for (const value of [[], {}, null]) {
      expect(expectedOf(scalar, value)).toEqual(['text, a number, or true or false']);
    }
  });

  it('is text or a list of text for files', () => {
    for (const value of ['', 'a', [], ['a', 'b']])
      expect(expectedOf(textOrTexts, value)).toEqual([]);
    for (const value of [1, ['a', 1], [['a']], {}]) {
      expect(expectedOf(textOrTexts, value)).toEqual(['text or a list of text']);
    }
  });
});
