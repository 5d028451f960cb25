import { onTestFinished } from 'vitest';
import { awsUser } from '../../../src/clouds/aws/user.ts';
import type {
  KeptSignIn,
  OpenContext,
  Opened,
  SignIn,
  SignInPage,
} from '../../../src/clouds/contract.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import { startSignin } from '../../support/aws/signin.mjs';
import type { Signin, SigninOptions } from '../../support/aws/signin-types.ts';
import { testStart } from '../../support/fake-host.ts';
import { openContext } from '../open-context.ts';

/** A person who may sign in at the stand-in, and what is kept of it. */
export interface SigninPlace {
  readonly signin: Signin;
  readonly pages: SignInPage[];
  readonly warnings: string[];
  /** What was kept last. */
  kept: KeptSignIn | undefined;
  /** Moves the clocks of both. */
  pass(ms: number): void;
  /** Moves the clock of this machine only. */
  setLocal(offsetMs: number): void;
  signIn(changes?: Partial<SignIn>): SignIn;
  /** Opens a session of the identity. */
  open(context?: Partial<OpenContext>, credentials?: object, spec?: object): Promise<Opened>;
}

export async function openSigninPlace(options: SigninOptions = {}): Promise<SigninPlace> {
  let [ms, localMs] = [0, 0];
  const time = () => testStart.getTime() + ms;
  const signin = await startSignin({ pages: 'allow', now: () => new Date(time()), ...options });
  onTestFinished(signin.close);
  const pages: SignInPage[] = [];
  const warnings: string[] = [];
  const machine = {
    env: { AWS_ENDPOINT_URL_SIGNIN: signin.url },
    now: () => new Date(time() + localMs),
    // Limits of sign-ins do not end, and waits before another attempt end at once.
    sleep: (limitMs: number, signal?: AbortSignal) =>
      limitMs < 60_000
        ? Promise.resolve()
        : new Promise<void>((_, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
          }),
  };
  const place: SigninPlace = {
    signin,
    pages,
    warnings,
    kept: undefined,
    pass: (by) => void (ms += by),
    setLocal: (offsetMs) => void (localMs = offsetMs),
    signIn: (changes = {}) => ({
      showPage(page, signal) {
        pages.push(page);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      },
      openPage: async (url) => {
        await fetch(url);
        return true;
      },
      ...changes,
    }),
    open: (context = {}, credentials = { webflow_enabled: true }, spec = {}) => {
      const identity = awsUserIdentity({ credentials: { ...credentials }, spec: { ...spec } });
      const plan = awsUser.plan(identity, { base: undefined, env: machine.env });
      return plan.open(
        openContext(machine, {
          warn: (message) => void warnings.push(message),
          keptSignIn: () => Promise.resolve(place.kept),
          keepSignIn: async (kept) => void (place.kept = kept),
          ...context,
        }),
      );
    },
  };
  return place;
}

/** The code that the page on another device shows. */
export async function codeOf(page: URL): Promise<string> {
  const text = await (await fetch(page)).text();
  return /<h1>([\w+/=]+)<\/h1>/.exec(text)?.[1] ?? '';
}
