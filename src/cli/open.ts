import type { Services } from '../app/export-environment.ts';
import { openAuth, sessionOf, type MfaRequest, type OpenAuth } from '../app/open.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, NoTerminalError } from '../core/errors.ts';
import { addOptions, placeholder, unlockKeyring } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { parseMfaCode } from '../core/mfa-code.ts';
import type { PasswordRequest } from '../keyring/contract.ts';
import { passwordSourcesOf } from '../keyring/registry.ts';
import type { Context } from './context.ts';
import { keyringWarner, warn } from './plan.ts';

export interface OpenOptions {
  /** Whether a person may be asked, for a password and an MFA code. */
  readonly isInteractive: boolean;
  /** Not the keyring of this configuration: `keyring unlock` would not open it. */
  readonly isForeign?: boolean;
  /** From `--mfa-token`. Else `ATMOS_MFA_TOKEN`. */
  readonly mfaToken?: string | undefined;
}

/** Opens the keyring of a plan, with this command line's ways to ask. */
export function openForCommand(
  context: Context,
  plan: AuthPlan,
  options: OpenOptions,
): Promise<OpenAuth> {
  const { isInteractive } = options;
  const code = options.mfaToken ?? (context.host.env['ATMOS_MFA_TOKEN'] || undefined);
  const canAsk = isInteractive || code !== undefined;
  return openAuth(plan, {
    host: context.host,
    warn: keyringWarner(context),
    ask: canAsk ? { mfaCode: (request) => mfaCode(context, request, code, isInteractive) } : {},
    // Loaded when it is needed: most commands ask for no password.
    async passwordTyped(copyPassword) {
      const { offerUnlock } = await import('./offer-unlock.ts');
      await offerUnlock(context, plan, copyPassword);
    },
    ...withoutAbsent({
      promptPassword: isInteractive
        ? (request: PasswordRequest) => askPassword(context, plan, request)
        : undefined,
      canUnlock: options.isForeign ? false : undefined,
    }),
  });
}

/** Opens sessions for programs, with this command line's ways to ask. */
export function sessionOpener(
  context: Context,
  plan: AuthPlan,
  options: OpenOptions,
): Services['openSession'] {
  return async (identity, login = {}) => {
    const opened = await openForCommand(context, plan, options);
    return sessionOf(opened, identity, login, (message) => warn(context, message));
  };
}

/** A code that was given is used once: after its refusal only a person has another. */
async function mfaCode(
  { host, prompt }: Context,
  request: MfaRequest,
  given: string | undefined,
  isInteractive: boolean,
): Promise<string | undefined> {
  const { isRetry } = request;
  const device = request.shownDevice ?? request.device;
  const isGiven = given !== undefined && !isRetry;
  const of = isGiven ? 'given' : isInteractive ? 'person' : 'nobody';
  host.log('mfa.asked', { device, is_retry: isRetry, of });
  if (isGiven) return given;
  if (!isInteractive) return undefined;
  try {
    return await prompt.text({
      message: isRetry
        ? `That code was refused. The next code of ${device}`
        : `MFA code of ${device}`,
      instead: addOptions(['--mfa-token', placeholder('code')]),
      fault: (code) => (parseMfaCode(code) === undefined ? 'A code is six digits' : undefined),
    });
  } catch (error) {
    if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
    // Then the refusal of the code that was given is what there is to say.
    if (given !== undefined) return undefined;
    const why = error instanceof NoTerminalError ? error.reason : error.message;
    throw new AtmosError(
      'ERR_AUTH_MFA_REQUIRED',
      `a code of the MFA device ${device} is needed, and no one can be prompted (${why})`,
      { hints: error.hintValues },
    );
  }
}

/** What a person is asked for a file keyring; a new password twice. */
export async function askPassword(
  { prompt, host }: Context,
  plan: AuthPlan,
  request: PasswordRequest,
): Promise<string> {
  const instead = passwordSourcesOf(plan.keyring, host)?.instead ?? unlockKeyring;
  if (!request.isNew) {
    return prompt.masked({ message: `Password of the keyring ${request.location}`, instead });
  }
  const password = await prompt.masked({
    message: `Choose a password for the new keyring ${request.location}`,
    instead,
    fault: (typed) => (Buffer.byteLength(typed) < 8 ? 'It needs at least 8 bytes' : undefined),
  });
  await prompt.masked({
    message: 'The same password again',
    instead,
    fault: (typed) => (typed === password ? undefined : 'It is not the same'),
  });
  return password;
}
