import { expect, test } from 'vitest';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import { setClock } from '../../src/host/set-clock.ts';

test.each([
  ['linux', ['sudo timedatectl set-ntp true', 'in WSL: sudo hwclock --hctosys']],
  ['darwin', ['sudo systemsetup -setusingnetworktime on']],
  ['win32', ['w32tm /resync']],
] as const)('the hints set the clock with a program of %s', (platform, commands) => {
  const hints = setClock({ platform });
  expect(hints.map((hint) => formatHint(hint, posixSyntax))).toEqual(commands);
});
