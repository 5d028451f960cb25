// Lists what a provider offers to the person who signed in, and keeps it for later commands.

import { dirname } from 'node:path';
import { planTrusted, type AuthContext } from '../auth/context.ts';
import { openToken } from '../auth/login.ts';
import { requestTimeoutMs } from '../auth/open-session.ts';
import { singleFlight } from '../auth/single-flight.ts';
import type { LinkPlan, Listing, ListingFailure, ListingProgress } from '../clouds/contract.ts';
import { directoryFault, formatProvisioned, readProvisioned } from '../config/provisioned-file.ts';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { edit, optionWords, run } from '../core/hint.ts';
import { isObject, withoutAbsent } from '../core/json.ts';
import { titleOf, type Provider } from '../core/kind-config.ts';
import { createPace } from '../core/pace.ts';
import type { ProvisionedList } from '../core/provisioned.ts';
import { reasonOf } from '../host/denial.ts';
import { replacePrivately } from '../host/files.ts';
import { noHome } from '../host/home.ts';
import { changedHost, type Host } from '../host/host.ts';
import { removeLeftovers } from '../host/leftovers.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';

export interface ProvisionOptions {
  /** Called at the start, and after each account. */
  onProgress(done: number, total: number): Promise<void>;
}

/** How a listing ended. What was listed is kept in any case. */
export interface ProvisionResult {
  readonly provider: string;
  readonly accounts: number;
  /** The accounts that this listing has listed. The others keep what was listed of them before. */
  readonly listed: number;
  /** Those of the accounts that were listed. */
  readonly identities: number;
  readonly failures: readonly ListingFailure[];
  /** Why the listing ended before every account was asked for, or why no account could be listed. */
  readonly ended?: AtmosError;
}

/** What is listed is written this often, so that a listing that is killed can be continued. */
const savingMs = 2_000;

/** Another process that lists is waited for: 10,000 accounts at 15 calls in a second. */
const waitMs = 15 * 60 * 1000;

/**
 * Lists the identities of a provider that has `auto_provision_identities`, with its token, and keeps
 * them. A token that has expired is renewed if that needs no person.
 *
 * @throws ERR_AUTH_SIGN_IN_REQUIRED, with the command to sign in; ERR_USAGE for a provider that lists
 *   nothing; ERR_NETWORK, ERR_AWS if not even the accounts could be listed; ERR_IO; ERR_LOGIN_BUSY
 */
export async function provision(
  context: AuthContext,
  provider: Provider,
  options: ProvisionOptions,
): Promise<ProvisionResult> {
  // Requests are shown by the progress of the whole.
  const host = changedHost(context.host, { waiting: () => () => {} });
  const { plan } = (await planTrusted(context, provider)).target;
  const path = pathOf(provider, host);
  const turn = {
    subject: ['provision', path],
    named: `the list of ${titleOf(provider)}`,
    timeoutMs: waitMs,
    isLockNeeded: false,
    isShared: () => false,
    warn: context.warn,
    host,
  };
  const { list, failures, ended } = await singleFlight(turn, () =>
    listAndKeep({ ...context, host }, provider, { plan, path, ...options }),
  ).catch((error: unknown) => {
    throw error instanceof AtmosError ? refusedMeanwhile(provider, error) : error;
  });
  await writeForAtmos(provider, list, host);
  const { groups, startedAt } = list;
  const listed = groups.filter(({ listing }) => listing === startedAt);
  const [failure] = failures;
  const nothing = listed.length === 0 && failure ? noneListed(provider, failure) : undefined;
  return {
    provider: provider.name,
    accounts: groups.length,
    listed: listed.length,
    identities: listed.reduce((count, { identities }) => count + identities.length, 0),
    failures,
    ...withoutAbsent({ ended: ended ? refusedMeanwhile(provider, ended) : nothing }),
  };
}

function pathOf(provider: Provider, host: Host): string {
  const { path } = readProvisioned(provider, host);
  if (path !== undefined) return path;
  throw noHome('the identities of a provider', ['XDG_STATE_HOME'], host);
}

interface Task extends ProvisionOptions {
  readonly plan: LinkPlan;
  readonly path: string;
}

async function listAndKeep(
  context: AuthContext,
  provider: Provider,
  { plan, path, onProgress }: Task,
): Promise<Listing> {
  const { host } = context;
  if (plan.listIdentities === undefined) throw listsNothing(provider);
  // No one is asked: a person signs in by `auth login`.
  const token = await openToken({ ...context, ask: {} }, provider);
  const { credentials, clockOffsetMs, renewal } = token;
  const place = { path, provider };
  const saving = createSaving(place, host);
  const stopListening = await host.onEnd(saving.now);
  try {
    const listing = await plan.listIdentities(credentials, {
      host,
      timeoutMs: requestTimeoutMs,
      clockOffsetMs,
      report: async ({ done, total, list }) => {
        saving.later(list);
        await onProgress(done, total);
      },
      ...withoutAbsent({
        renewal,
        previous: readProvisioned(provider, host).list,
        pace: plan.callRate && createPace(plan.callRate, host),
      }),
    });
    save(place, listing.list, host);
    return listing;
  } finally {
    stopListening();
  }
}

/** Writes what is known until now, from time to time and before the process ends. */
function createSaving(place: Place, host: Host) {
  let nextMs = host.monotonicMs() + savingMs;
  let known: ListingProgress['list'] | undefined;
  return {
    later(list: ListingProgress['list']) {
      known = list;
      if (host.monotonicMs() < nextMs) return;
      save(place, list(), host);
      nextMs = host.monotonicMs() + savingMs;
    },
    now() {
      try {
        if (known !== undefined) save(place, known(), host);
      } catch (error) {
        // The process ends: the next one lists these again.
        if (!(error instanceof AtmosError)) throw error;
      }
    },
  };
}

/** Where a list is kept, and whose it is. */
interface Place {
  readonly path: string;
  readonly provider: Provider;
}

/** @throws ERR_IO; ERR_USAGE in the home directory of another user */
function save({ path, provider }: Place, list: ProvisionedList, host: Host): void {
  try {
    makeOwnDirectories(dirname(path), host);
    const found = directoryFault(path, host.userId);
    if (found !== undefined) {
      const hints = [found.remedy ?? []].flat();
      throw new AtmosError('ERR_IO', `cannot write ${path}: it ${found.fault}`, { hints });
    }
    removeLeftovers(path, host);
    replacePrivately(path, formatProvisioned(list, provider));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || error instanceof AtmosError) throw error;
    throw new AtmosError('ERR_IO', `cannot write ${path}: ${reasonOf(code, path)}`, {
      cause: error,
    });
  }
}

async function writeForAtmos(provider: Provider, list: ProvisionedList, host: Host): Promise<void> {
  const spec = provider.settings['spec'];
  const isAsked = isObject(spec) && String(spec['write_identities_for_atmos']) === 'true';
  if (!isAsked) return;
  const { writeProvisionedForAtmos } = await import('./provision-for-atmos.ts');
  writeProvisionedForAtmos(provider, list, host);
}

function listsNothing({ name, locate }: Provider): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `provider ${name} (${locate()}) does not list identities: auto_provision_identities is not true`,
    { hints: [edit(locate(), 'add auto_provision_identities: true')] },
  );
}

function noneListed(provider: Provider, { error }: ListingFailure): AtmosError {
  const { code, message, hintValues } = error;
  return new AtmosError(code, `no account of ${titleOf(provider)} could be listed: ${message}`, {
    hints: hintValues,
    cause: error,
  });
}

/** A token that is refused has not expired, so only `--force` replaces it. */
function refusedMeanwhile(provider: Provider, error: AtmosError): AtmosError {
  if (error.code !== 'ERR_AUTH_BASE_REFUSED') return error;
  return new AtmosError(error.code, error.message, {
    hints: [
      run(['atmos', 'auth', 'login', ...optionWords('--provider', provider.name), '--force']),
    ],
    cause: error,
  });
}
