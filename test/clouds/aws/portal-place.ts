import { awsIamIdentityCenter } from '../../../src/clouds/aws/iam-identity-center.ts';
import { awsPermissionSet } from '../../../src/clouds/aws/permission-set.ts';
import type { OpenContext, SignIn, SignInPage } from '../../../src/clouds/contract.ts';
import type { SsoToken } from '../../../src/core/credentials.ts';
import type { Provider } from '../../../src/core/kind-config.ts';
import type { Host } from '../../../src/host/host.ts';
import { awsUserIdentity } from '../../auth/place.ts';
import type {
  IdentityCenter,
  IdentityCenterOptions,
} from '../../support/aws/identity-center-types.ts';
import { startIdentityCenter } from '../../support/aws/identity-center.mjs';
import { testStart } from '../../support/fake-host.ts';
import { openContext, providerOf } from '../open-context.ts';

/** A clock that moves only when something sleeps. What sleeps for minutes is a time limit. */
interface TestClock {
  readonly machine: Pick<Host, 'monotonicMs' | 'now' | 'sleep'>;
  readonly slept: number[];
  /** Ends the time limits. */
  expire(): void;
}

function createClock(): TestClock {
  let ms = 0;
  const slept: number[] = [];
  const limits = new Set<() => void>();
  return {
    slept,
    machine: {
      now: () => new Date(testStart.getTime() + ms),
      monotonicMs: () => ms,
      sleep: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted === true) return reject(new Error('aborted'));
          if (milliseconds >= 120_000) {
            limits.add(resolve);
            signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
            return;
          }
          ms += milliseconds;
          slept.push(milliseconds);
          resolve();
        }),
    },
    expire() {
      for (const end of limits) end();
    },
  };
}

export interface PortalPlace {
  readonly center: IdentityCenter;
  readonly clock: TestClock;
  readonly pages: SignInPage[];
  /** The provider at the stand-in. */
  plan(settings?: Readonly<Record<string, unknown>>, env?: Host['env']): ReturnType<typeof planOf>;
  /** A person who does with the page what the stand-in does by itself. */
  signIn(changes?: Partial<SignIn>): SignIn;
  context(context?: Partial<OpenContext>, machine?: Partial<Host>): OpenContext;
}

export async function openPortalPlace(options: IdentityCenterOptions = {}): Promise<PortalPlace> {
  const clock = createClock();
  const { now } = clock.machine;
  const center = await startIdentityCenter({ pages: 'allow', now, ...options });
  const pages: SignInPage[] = [];
  return {
    center,
    clock,
    pages,
    plan: ({ spec = {}, ...settings } = {}, env = {}) =>
      planOf(
        {
          start_url: center.startUrl,
          region: center.region,
          spec: { endpoint_url: center.url, ...(spec as object) },
          ...settings,
        },
        env,
      ),
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
    context: (context = {}, machine = {}) => openContext({ ...clock.machine, ...machine }, context),
  };
}

export function planOf(
  settings: Readonly<Record<string, unknown>>,
  env: Host['env'] = {},
  fields: Partial<Provider> = {},
) {
  const provider = providerOf('aws/iam-identity-center', {}, { name: 'corp', settings, ...fields });
  return awsIamIdentityCenter.plan(provider, { base: undefined, env });
}

export function permissionSet(principal: Readonly<Record<string, unknown>>) {
  return awsUserIdentity({
    name: 'dev',
    kind: 'aws/permission-set',
    via: { provider: 'corp' },
    principal,
    credentials: {},
  });
}

/** Opens a session of a permission set with the token of a user of the stand-in. */
export async function openPermissionSet(
  place: PortalPlace,
  principal: Readonly<Record<string, unknown>>,
  token: Pick<SsoToken, 'accessToken'> = place.center.signIn(),
  env: Host['env'] = {},
) {
  const base = place.plan({}, env);
  const plan = awsPermissionSet.plan(permissionSet(principal), { base, env });
  const expiresAt = new Date(testStart.getTime() + 3_600_000);
  const { startUrl, region } = place.center;
  const { accessToken } = token;
  const credentials = { type: 'sso', accessToken, expiresAt, startUrl, region } as const;
  return plan.open(place.context({ base: credentials }, { env }));
}
