import { expect, test } from 'vitest';
import { say } from '../../src/core/hint.ts';
import { checkEnvironment } from '../../src/config/check.ts';
import type { Problem } from '../../src/config/problems.ts';

function problemsOf(merged: Readonly<Record<string, unknown>>): Problem[] {
  const problems: Problem[] = [];
  checkEnvironment(merged, (problem) => void problems.push(problem));
  return problems;
}

const ofIdentity = (env: unknown) => ({ auth: { identities: { dev: { env } } } });
const noName = {
  message: 'is not a name for an environment variable',
  hint: say('use letters, digits and _, and do not start with a digit'),
};
const nul = {
  message: 'contains a NUL character, which is not allowed in an environment variable',
};

test.each([
  ['a name with a space', { env: { 'A B': 'x' } }, { path: ['env', 'A B'], ...noName }],
  ['a name that sets another', { env: { 'A=b;C': 'x' } }, { path: ['env', 'A=b;C'], ...noName }],
  ['a value with NUL', { env: { A: 'x\0' } }, { path: ['env', 'A'], ...nul }],
  [
    'the same of an identity',
    ofIdentity([
      { key: 'FINE', value: '' },
      { key: '1A', value: 'x' },
    ]),
    { path: ['auth', 'identities', 'dev', 'env', '1', 'key'], ...noName },
  ],
  [
    'and of its value',
    ofIdentity([{ key: 'A', value: '\0' }]),
    { path: ['auth', 'identities', 'dev', 'env', '0', 'value'], ...nul },
  ],
])('reports %s with its position', (_, merged, problem) => {
  expect(problemsOf(merged)).toEqual([problem]);
});

test.each([
  [{}],
  [{ env: { A: 'x', _b1: '', C: 3, D: true, LD_PRELOAD: 'x' } }],
  // Values of another type are reported by the schema.
  [{ env: 'x' }],
  [ofIdentity('x')],
  [ofIdentity([{ value: 'x' }, 'x', null, { key: 3 }, { key: 'A' }])],
])('reports nothing for %j', (merged) => {
  expect(problemsOf(merged)).toEqual([]);
});
