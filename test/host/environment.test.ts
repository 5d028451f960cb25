import { expect, test } from 'vitest';
import { withoutVariables } from '../../src/host/environment.ts';

const env = { PATH: '/bin', Secret: 'a', SECRET: 'b' };

test('a variable is removed by name; case is ignored on Windows only', () => {
  expect(withoutVariables({ env, platform: 'linux' }, ['SECRET', 'NONE'])).toEqual({
    PATH: '/bin',
    Secret: 'a',
  });
  expect(withoutVariables({ env, platform: 'win32' }, ['secret'])).toEqual({ PATH: '/bin' });
});
