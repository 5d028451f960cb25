import type { Config } from '../config/config.ts';
import { AtmosError } from '../core/errors.ts';
import { say } from '../core/hint.ts';
import { showValue } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { isBearerToken, ownSecretVariables, type EnvironmentChange } from '../core/variables.ts';
import type { Host } from '../host/host.ts';
import type { KeyringSettings } from '../keyring/contract.ts';
import { secretVariablesOf } from '../keyring/registry.ts';
import {
  findLocked,
  identityChange,
  processChange,
  sessionChange,
  type Exported,
  type Services,
} from './export-environment.ts';
import { warnOfIntegrations } from './notices.ts';
import {
  allowedVariables,
  sameName,
  withVariables,
  type SaidVariable,
} from './program-environment.ts';

/** Undefined: authentication is switched off. */
type Executed = Omit<Exported, 'identity'> & { readonly identity: Identity | undefined };

/**
 * The whole environment of a program that `auth exec` starts. Without an identity its AWS variables
 * are not changed.
 *
 * As in Atmos the `env:` of atmos.yaml wins over what is set, and the credentials win over it.
 * Unlike in Atmos, the identity's own `env:` is also set here, not only in `auth env`.
 *
 * @throws as {@link exportEnvironment}; ERR_USAGE where mode `process` cannot work
 */
export async function execEnvironment(
  { identity, ...executed }: Executed,
  services: Services,
): Promise<Record<string, string>> {
  const { plan, region, minValidityMs } = executed;
  const { host } = services;
  if (identity === undefined && (region !== undefined || minValidityMs !== undefined)) {
    const option = region === undefined ? '--min-validity' : '--region';
    throw new AtmosError('ERR_USAGE', `authentication is switched off, so ${option} has no effect`);
  }
  if (identity) await warnOfIntegrations(plan, identity, services);
  const variables = await allowedVariables(variablesOfProject(plan.config), plan, services);
  const parent = withVariables(host.env, variables, host.platform);
  const change = identity ? await changeFor({ ...executed, identity }, parent, services) : nothing;
  return childEnvironment(parent, change, secretVariablesOf(plan.keyring), host.platform);
}

const nothing: EnvironmentChange = { set: {}, unset: [] };

function changeFor(
  exported: Exported,
  parent: Host['env'],
  services: Services,
): Promise<EnvironmentChange> {
  const { plan, mode } = exported;
  return identityChange(exported, parent, services, async (known) => {
    if (mode === 'process') await requireReachable(plan.keyring, services.host);
    const instead = 'the credentials are set in the environment';
    const profile = await processChange({ ...exported, known }, parent, instead, services);
    return profile ?? sessionChange({ ...exported, known }, services);
  });
}

/** The program never gets the password in a variable, so it needs another source. */
async function requireReachable(settings: KeyringSettings, host: Host): Promise<void> {
  const { type } = settings;
  if (type.value === 'memory') {
    throw new AtmosError(
      'ERR_USAGE',
      `the memory keyring (from ${type.source}) cannot be read by another process, so --credentials process cannot work`,
      { hints: [say('use --credentials env')] },
    );
  }
  const locked = await findLocked(settings, host, { getsVariables: false });
  if (locked === undefined) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the password of the file keyring (${showValue(locked.variable)}) is not passed on to programs, so --credentials process cannot work`,
    { hints: [say('use --credentials env'), ...locked.hints] },
  );
}

/** The `env:` of atmos.yaml. */
function variablesOfProject(config: Config): SaidVariable[] {
  return config.env.map(({ key, value }) => ({
    key,
    value,
    path: ['env', key],
    // Computed on access, because most runs never need it.
    get source() {
      return config.sourceOf(['env', key]);
    },
  }));
}

// An atmos that the program starts would apply a relative path a second time.
const followedAlready = 'ATMOS_CHDIR';

/**
 * The environment of a program that we start: the parent's with the change, without what no program
 * gets: the keyring's password, MFA codes, the directory of systemd's credentials, bearer tokens.
 *
 * @param secretVariables the configured names of variables that hold a secret of the keyring
 */
export function childEnvironment(
  parent: Host['env'],
  change: EnvironmentChange,
  secretVariables: readonly string[],
  platform: NodeJS.Platform,
): Record<string, string> {
  const same = (name: string) => sameName(name, platform);
  const never = [...ownSecretVariables, ...secretVariables, followedAlready].map(same);
  const replaced = new Set([...change.unset, ...Object.keys(change.set), ...never].map(same));
  const inherited = Object.entries(parent).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !replaced.has(same(entry[0])) && !isBearerToken(same(entry[0])),
  );
  const set = Object.entries(change.set).filter(([name]) => !never.includes(same(name)));
  return Object.fromEntries([...inherited, ...set]);
}
