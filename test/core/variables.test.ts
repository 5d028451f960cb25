import { describe, expect, test } from 'vitest';
import { checkVariable, variableProblem } from '../../src/core/variables.ts';
import { thrownBy } from '../support/error-of.ts';

describe('a variable of an environment', () => {
  test.each([
    ['A', 'v', undefined],
    ['_a1', 'two\nlines', undefined],
    ['', 'v', '"" is not a name for an environment variable'],
    ['1A', 'v', '"1A" is not a name for an environment variable'],
    ['A B', 'v', '"A B" is not a name for an environment variable'],
    ['Ä', 'v', '"Ä" is not a name for an environment variable'],
    ['A\n', 'v', '"A\\n" is not a name for an environment variable'],
    [
      'LD_PRELOAD=/x/evil.so#',
      'v',
      '"LD_PRELOAD=/x/evil.so#" is not a name for an environment variable',
    ],
    [
      'A',
      'secret\0',
      'the value of A contains a NUL character, which is not allowed in an environment variable',
    ],
  ])('named %j with the value %j', (key, value, message) => {
    expect(variableProblem({ key, value }) === undefined).toBe(message === undefined);
    if (message === undefined) return checkVariable({ key, value });
    expect(() => checkVariable({ key, value })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message }),
    );
  });

  test('the message names the place, not the value', () => {
    const source = 'env.A (/p/atmos.yaml:7:9)';
    expect(thrownBy(() => checkVariable({ key: 'A', value: 'secret\0', source }))).toMatchObject({
      message: `the value of ${source} contains a NUL character, which is not allowed in an environment variable`,
      hints: [],
    });
    expect(thrownBy(() => checkVariable({ key: 'A-B', value: '', source }))).toMatchObject({
      message: `${source} is not a name for an environment variable`,
      hints: ['use letters, digits and _, and do not start with a digit'],
    });
  });
});
