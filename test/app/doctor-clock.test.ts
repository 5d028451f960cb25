import { expect, test } from 'vitest';
import { examineClock } from '../../src/app/doctor.ts';
import { translateStsError } from '../../src/clouds/aws/errors.ts';
import { formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import { setClock } from '../../src/host/set-clock.ts';

test.each([
  ['linux', ['sudo timedatectl set-ntp true', 'in WSL: sudo hwclock --hctosys']],
  ['darwin', ['sudo systemsetup -setusingnetworktime on']],
  ['win32', ['w32tm /resync']],
] as const)(
  'doctor and a rejection by AWS give the same hint to set the clock on %s',
  (platform, hints) => {
    const at = new Date(0);
    const finding = examineClock(
      [],
      { now: () => at, utcOffsetMinutes: () => 0 },
      setClock({ platform }),
    );
    expect(finding.state).toBe('warning');
    expect(finding.hints.map((hint) => formatHint(hint, posixSyntax))).toEqual(hints);
    const skewed = Object.assign(new Error('too skewed'), {
      name: 'RequestExpired',
      $fault: 'client',
    });
    const error = translateStsError(skewed, {
      action: 'GetCallerIdentity',
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
      region: 'us-east-1',
      timeoutMs: 1000,
      timedOut: false,
      at,
      clockHints: setClock({ platform }),
      exchange: {},
    });
    expect(error.hints).toEqual(hints);
  },
);

test('the time of the clock is local for people and UTC for programs', () => {
  const clock = { now: () => new Date('2026-11-29T17:03:20Z'), utcOffsetMinutes: () => 90 };
  expect(examineClock([], clock, [])).toMatchObject({
    state: 'ok',
    message: 'the clock shows 2026-11-29T17:03:20Z',
    shown: 'the clock shows Nov 29 2026 18:33',
  });
  const past = { ...clock, now: () => new Date(0) };
  expect(examineClock([], past, [])).toMatchObject({
    state: 'warning',
    message: 'the clock shows 1970-01-01T00:00:00Z, which is in the past',
    shown: 'the clock shows Jan 1 1970 01:30, which is in the past',
  });
});
