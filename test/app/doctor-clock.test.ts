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
    const finding = examineClock([], at, setClock({ platform }));
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
