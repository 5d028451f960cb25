import { expect, test } from 'vitest';
import { saidWithout } from '../../../src/clouds/aws/said.ts';

test('what a service says is short, printable, and without what was sent to it', () => {
  const said = 'bad p+w,\u001b[2J or p%2Bw\n';
  expect(saidWithout(['p+w', undefined, ''], said)).toBe('bad ***, [2J or ***');
  expect(saidWithout([], 'x'.repeat(400))).toHaveLength(300);
});
