import { describe, expect, it } from 'vitest';
import {
  anyMap,
  checkShape,
  describeProblem,
  findUnknownKeys,
  flag,
  listOf,
  mapOf,
  namesTo,
  optional,
  text,
  textOrCount,
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

describe('a shape', () => {
  it('gives what it knows and drops the rest', () => {
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

  it('has each of its problems reported', () => {
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

describe('a problem in words', () => {
  it.each([
    [undefined, 'is missing', 'is missing'],
    [5, 'must be text, not the number 5', 'must be text, not a number'],
    [true, 'must be text, not true', 'must be text, not a boolean'],
    ['x\n', 'must be text, not the text "x\\n"', 'must be text, not text'],
    ['x'.repeat(50), 'must be text, not text', 'must be text, not text'],
    [null, 'must be text, not empty', 'must be text, not empty'],
    [[1], 'must be text, not a list', 'must be text, not a list'],
    [{ a: 1 }, 'must be text, not a map', 'must be text, not a map'],
  ])('%j', (found, open, secret) => {
    const problem = { path: [], expected: 'text', found };
    expect(describeProblem(problem)).toBe(open);
    expect(describeProblem(problem, true)).toBe(secret);
  });
});

describe('unknown keys', () => {
  it('come with the nearest known one', () => {
    expect(findUnknownKeys({ path: 1, pth: 2, zzzzzz: 3 }, ['path', 'type'])).toEqual([
      { key: 'pth', nearest: 'path' },
      { key: 'zzzzzz', nearest: undefined },
    ]);
    expect(findUnknownKeys('no map', ['path'])).toEqual([]);
  });
});
