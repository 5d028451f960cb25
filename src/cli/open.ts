import type { Services } from '../app/export-environment.ts';
import {
  commandEnvironment,
  openAuth,
  sessionOf,
  type MfaRequest,
  type OpenAuth,
  type SignIn,
} from '../app/open.ts';
import { planChain } from '../auth/chain.ts';
import type { AuthPlan } from '../auth/plan.ts';
import { AtmosError, isAtmosError, NoTerminalError } from '../core/errors.ts';
import { addOptions, placeholder, setPasswordFile, unlockKeyring } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { parseMfaCode } from '../core/mfa-code.ts';
import type { Pace } from '../core/pace.ts';
import { abbreviateHome } from '../host/home.ts';
import type { Keyring, PasswordRequest } from '../keyring/contract.ts';
import { passwordSourcesOf } from '../keyring/registry.ts';
import type { Invocation } from './command.ts';
import type { Context } from './context.ts';
import { keyringWarner, warn } from './plan.ts';
import { canPrompt, whyNot } from './ui/prompt.ts';

export interface OpenOptions {
  /** Whether a prompt for a password and an MFA code is allowed. */
  readonly isInteractive: boolean;
  /** One that is open already. Default: that of the plan is opened. */
  readonly keyring?: Keyring;
  /** Spreads the calls of many logins over time. */
  readonly pace?: Pace;
  /** A keyring other than that of the configuration: `keyring unlock` would not open it. */
  readonly isForeign?: boolean;
  /** From `--mfa-token`. Default: `ATMOS_MFA_TOKEN`. */
  readonly mfaToken?: string | undefined;
  /** How a person signs in on a page. Absent: not at all. */
  readonly signIn?: Pick<SignIn, 'flow'> & { readonly opensBrowser: boolean };
}

/** What a command that opens sessions may ask for, as its options say. */
export function askingOptions({ values, flags }: Pick<Invocation, 'values' | 'flags'>) {
  return {
    isInteractive: true,
    mfaToken: values['mfa-token'],
    signIn: {
      opensBrowser: flags['browser'] ?? true,
      ...(flags['device-code'] ? { flow: 'device' } : {}),
    },
  } as const satisfies OpenOptions;
}

/** Opens the keyring of a plan. Prompts as the options of the command line allow. */
export async function openForCommand(
  context: Context,
  plan: AuthPlan,
  options: OpenOptions,
): Promise<OpenAuth> {
  const { isInteractive } = options;
  const code = options.mfaToken ?? (context.host.env['ATMOS_MFA_TOKEN'] || undefined);
  const canAsk = isInteractive || code !== undefined;
  const signIn = await signInFor(context, plan, options);
  return openAuth(plan, {
    host: context.host,
    command: context.command.replace(/^atmos (auth )?/, ''),
    warn: keyringWarner(context),
    ask: withoutAbsent({
      mfaCode: canAsk
        ? (request: MfaRequest) => mfaCode(context, request, code, isInteractive)
        : undefined,
      signIn,
      whyNoSignIn:
        isInteractive && options.signIn !== undefined && context.globals.interactive !== false
          ? whyNot(context.host, context.globals.interactive)
          : undefined,
    }),
    // Loaded when it is needed, because most commands need no password.
    async passwordTyped(copyPassword) {
      const { offerUnlock } = await import('./offer-unlock.ts');
      await offerUnlock(context, plan, copyPassword);
    },
    ...withoutAbsent({
      promptPassword: isInteractive
        ? (request: PasswordRequest) => askPassword(context, plan, request, options)
        : undefined,
      canUnlock: options.isForeign ? false : undefined,
      keyring: options.keyring,
      pace: options.pace,
    }),
  });
}

/** Undefined if no one can be asked. Loaded only then, because it looks for a browser. */
export async function signInFor(
  context: Context,
  plan: AuthPlan,
  { isInteractive, signIn }: Pick<OpenOptions, 'isInteractive' | 'signIn'>,
): Promise<SignIn | undefined> {
  const { host, globals } = context;
  if (!isInteractive || signIn === undefined) return undefined;
  if (!(await canPrompt(host, globals.interactive))) return undefined;
  const { findBrowser } = await import('../host/browser.ts');
  const { askSignIn } = await import('./ui/ask-sign-in.ts');
  const { opensBrowser, ...required } = signIn;
  return askSignIn(context, {
    ...required,
    browser: opensBrowser ? await findBrowser(host) : { whyNot: '--no-browser', commands: [] },
    env: commandEnvironment(plan, host),
  });
}

/** Opens sessions for programs. Prompts as the options of the command line allow. */
export function sessionOpener(
  context: Context,
  plan: AuthPlan,
  options: OpenOptions,
): Services['openSession'] {
  return async (identity, login = {}) => {
    const { signIn, ...others } = options;
    const asked = signIn !== undefined && (await maySignIn(context, plan, identity));
    const opened = await openForCommand(context, plan, asked ? options : others);
    return sessionOf(opened, identity, login, (message) => warn(context, message));
  };
}

/** Whether a session of the identity may require a person to sign in: most need no search for a browser. */
async function maySignIn(
  { host }: Context,
  { config }: AuthPlan,
  identity: Identity,
): Promise<boolean> {
  if (config === undefined) return false;
  const { links } = await planChain(identity, config, host.env);
  return links.some(({ plan }) => plan.mayAsk?.includes('browser'));
}

/** A given code is used once. After its refusal, only a program or a prompt can give another one. */
async function mfaCode(
  { host, prompt }: Context,
  request: MfaRequest,
  given: string | undefined,
  isInteractive: boolean,
): Promise<string | undefined> {
  const { isRetry } = request;
  const device = request.shownDevice ?? request.device;
  const isGiven = given !== undefined && !isRetry;
  if (!isGiven && request.program !== undefined) return request.program();
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
      fault: (code) =>
        parseMfaCode(code) === undefined ? 'The code must have six digits' : undefined,
    });
  } catch (error) {
    if (!isAtmosError(error, 'ERR_NO_TERMINAL')) throw error;
    // Then the refusal of the given code is reported.
    if (given !== undefined) return undefined;
    const why = error instanceof NoTerminalError ? error.reason : error.message;
    throw new AtmosError(
      'ERR_AUTH_MFA_REQUIRED',
      `a code of the MFA device ${device} is needed, and no one can be prompted (${why})`,
      { hints: error.hintValues },
    );
  }
}

/** Prompts for the password of a file keyring; for a new password twice. */
export async function askPassword(
  { prompt, host }: Context,
  plan: AuthPlan,
  request: PasswordRequest,
  { isForeign = false }: Pick<OpenOptions, 'isForeign'> = {},
): Promise<string> {
  const instead = isForeign
    ? setPasswordFile
    : (passwordSourcesOf(plan.keyring, host)?.instead ?? unlockKeyring);
  const location = abbreviateHome(request.location, host);
  if (!request.isNew) {
    return prompt.masked({ message: `Password of the keyring ${location}`, instead });
  }
  const password = await prompt.masked({
    message: `Choose a password for the new keyring ${location}`,
    instead,
    fault: (typed) =>
      Buffer.byteLength(typed) < 8 ? 'The password needs at least 8 bytes' : undefined,
  });
  await prompt.masked({
    message: 'Repeat the password',
    instead,
    takesPasted: true,
    fault: (typed) => (typed === password ? undefined : 'The passwords are different'),
  });
  return password;
}
