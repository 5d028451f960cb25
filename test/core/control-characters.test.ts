import { expect, test } from 'vitest';
import { hasControl } from '../../src/core/control-characters.ts';

test('a control character is one of the category Cc', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const char = String.fromCharCode(code);
    expect(hasControl(`a${char}b`)).toBe(/\p{Cc}/u.test(char));
  }
  expect(hasControl('😀')).toBe(false);
});
