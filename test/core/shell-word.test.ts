import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../src/core/shell-word.ts';

it.each(['/home/ada/x.y', 'a b', "it's", '$(touch x)', '`x`', 'a\nb', '', '-C', '"', '\\', '~'])(
  'is read back by a shell as it was: %j',
  (text) => {
    const script = `printf %s ${shellWord(text)}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(text);
  },
);

it('leaves a plain path as it is', () => {
  expect(shellWord('/home/ada/a-b_c.yaml')).toBe('/home/ada/a-b_c.yaml');
});
