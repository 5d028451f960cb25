import { AtmosError, isAtmosError } from '../../core/errors.ts';
import { optionWords, placeholder, run } from '../../core/hint.ts';
import type { Identity } from '../../core/kind-config.ts';
import { parseMfaCode } from '../../core/mfa-code.ts';
import type { Ask, MfaRequest, OpenContext, Turn } from '../contract.ts';

/**
 * Runs `request` with a code of the device. A device shows one code at a time, and AWS accepts it
 * once: for one session of one process.
 *
 * @throws as {@link withMfaCode}
 */
export function requestWithMfa<T>(
  asked: Omit<MfaRequest, 'isRetry'>,
  identity: Identity,
  { alone, ask }: Pick<OpenContext, 'alone' | 'ask'>,
  request: (code: string) => Promise<T>,
): Promise<T> {
  const turn: Turn = {
    subject: ['mfa', asked.device],
    named: `the MFA device ${asked.shownDevice ?? asked.device}`,
    // Only the result of using the code is shared.
    isShared: (code) => code === 'ERR_AUTH_MFA_REFUSED' || code === 'ERR_CANCELLED',
  };
  return alone(turn, () => withMfaCode(asked, identity, ask, request));
}

/**
 * Runs `request` with a code of the device, and once more with another code if AWS refused the
 * first one.
 *
 * @throws ERR_AUTH_MFA_REQUIRED if no code is available, ERR_AUTH_MFA_REFUSED, and errors of the
 *   request
 */
async function withMfaCode<T>(
  asked: Omit<MfaRequest, 'isRetry'>,
  identity: Identity,
  { mfaCode }: Ask,
  request: (code: string) => Promise<T>,
): Promise<T> {
  const shownDevice = asked.shownDevice ?? asked.device;
  const attempt = async (code: string) => request(checkCode(code, shownDevice));
  const code = await mfaCode?.({ ...asked, isRetry: false });
  if (code === undefined) throw mfaRequired(identity, shownDevice);
  try {
    return await attempt(code);
  } catch (error) {
    if (!isAtmosError(error, 'ERR_AUTH_MFA_REFUSED')) throw error;
    const another = await mfaCode?.({ ...asked, isRetry: true });
    if (another === undefined) throw error;
    return attempt(another);
  }
}

/** Text that cannot be a code is neither sent nor quoted in the error. */
function checkCode(text: string, device: string): string {
  const code = parseMfaCode(text);
  if (code !== undefined) return code;
  throw new AtmosError(
    'ERR_AUTH_MFA_REFUSED',
    `the MFA code of ${device} does not have six digits`,
    { hints: [run(['atmos', 'auth', 'login'], 'with the next code of the device')] },
  );
}

function mfaRequired({ name }: Identity, device: string): AtmosError {
  const login = ['atmos', 'auth', 'login', ...optionWords('--identity', name)];
  return new AtmosError(
    'ERR_AUTH_MFA_REQUIRED',
    `a session for identity ${name} needs a code of the MFA device ${device}`,
    {
      hints: [run(login), run([...login, '--mfa-token', placeholder('code')])],
    },
  );
}
