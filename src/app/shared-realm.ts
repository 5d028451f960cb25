import { isAbsolute } from 'node:path';
import type { AuthPlan } from '../auth/plan.ts';
import { isBelow } from '../config/git-root.ts';
import { isRealmNamed } from '../config/realm.ts';
import { adoptFrom, say, type Hint } from '../core/hint.ts';
import { showValue } from '../core/json.ts';
import type { SettlingHost } from '../keyring/contract.ts';
import { usableBackends } from '../keyring/registry.ts';
import { isAutomaticRealm, itemKeys, otherRealmsOf } from '../store/key.ts';

/** Why a keyring seems to be shared, and what to do about it. */
export interface SharedWarning {
  readonly message: string;
  readonly hints: readonly Hint[];
  /** What in the configuration it is about. */
  readonly path: readonly string[];
}

/** The names of the entries, and the identities to look for. */
export interface Stored {
  readonly keys: readonly string[];
  readonly identities: readonly string[];
}

const keyringPath = ['auth', 'keyring'];
const nameIt = say('set auth.realm to a name, such as my-project, in atmos.yaml');

/**
 * A warning about a keyring that several checkouts or machines share although the realm has no
 * name, so that each derives a realm from its path and does not find the entries of the others. A
 * keyring counts as shared when it has a key of one of the identities under another realm that was
 * made from a path, or when it is a file keyring whose directory was chosen for more than one: by
 * the project's files, or outside of the home directory. The default keyring of one user on one
 * machine does not count.
 *
 * @param stored undefined where the keyring is not opened
 */
export function sharedRealmWarning(
  plan: AuthPlan,
  host: SettlingHost,
  stored?: Stored,
): SharedWarning | undefined {
  if (plan.config === undefined || isRealmNamed(plan.config, host)) return undefined;
  return (stored && ofOtherRealm(plan, stored)) ?? ofPlace(plan, host);
}

function ofOtherRealm(
  { realm }: AuthPlan,
  { keys, identities }: Stored,
): SharedWarning | undefined {
  for (const identity of identities) {
    const other = otherRealmsOf(identity, keys, realm.value).find(isAutomaticRealm);
    if (other === undefined) continue;
    const isHere = itemKeys({ realm: realm.value, alias: identity }, 'key').some((key) =>
      keys.includes(key),
    );
    return {
      message: `the keyring has a key of identity ${identity} under realm ${other}, which another checkout or machine has stored: without auth.realm each finds only its own (realm ${realm.value} is made from ${realm.source})`,
      hints: [...(isHere ? [] : [adoptFrom([identity], other)]), nameIt],
      path: keyringPath,
    };
  }
  return undefined;
}

function ofPlace(
  { config, keyring, realm }: AuthPlan,
  host: SettlingHost,
): SharedWarning | undefined {
  const location = usableBackends(keyring)
    .map((backend) => backend.location?.(backend.settle(keyring.spec, host)))
    .find((one) => one !== undefined && one.source !== 'default');
  if (location === undefined) return undefined;
  const { path, value, source } = location;
  const { homeDirectory } = host;
  const isOfProject = path !== undefined && config?.originOf(path) === 'project';
  const isOutside =
    homeDirectory !== undefined && isAbsolute(value) && !isBelow(value, homeDirectory);
  if (!isOfProject && !isOutside) return undefined;
  const why = isOfProject
    ? 'everyone who has this project uses it'
    : 'it is outside of your home directory';
  return {
    message: `the keyring ${showValue(location)} (${source}) may be shared, since ${why}: without auth.realm no other checkout or machine finds what is stored here (realm ${realm.value} is made from ${realm.source})`,
    hints: [nameIt],
    path: path ?? keyringPath,
  };
}
