import type { AuthPlan } from '../auth/plan.ts';
import { isBelow } from '../config/git-root.ts';
import { isRealmNamed } from '../config/realm.ts';
import { adoptFrom, say, type Hint } from '../core/hint.ts';
import { showValue } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import { mayUseFile } from '../keyring/settings.ts';
import { isAutomaticRealm, itemKeys, otherRealmsOf } from '../store/key.ts';

/** Why a keyring seems to be shared, and what to do about it. */
export interface SharedWarning {
  readonly message: string;
  readonly hints: readonly Hint[];
}

/** The names of the entries, and the identities to look for. */
export interface Stored {
  readonly keys: readonly string[];
  readonly identities: readonly string[];
}

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
  host: Pick<Host, 'env' | 'homeDirectory'>,
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
    };
  }
  return undefined;
}

function ofPlace(
  { config, keyring, realm }: AuthPlan,
  { homeDirectory }: Pick<Host, 'homeDirectory'>,
): SharedWarning | undefined {
  const { directory } = keyring;
  if (!mayUseFile(keyring) || directory.source === 'default') return undefined;
  const said = placeSaying(directory.source);
  const isOfProject = said !== undefined && config?.originOf(said) === 'project';
  const isOutside = homeDirectory !== undefined && !isBelow(directory.value, homeDirectory);
  if (!isOfProject && !isOutside) return undefined;
  const why = isOfProject
    ? 'everyone who has this project uses it'
    : 'it is outside of your home directory';
  return {
    message: `the keyring ${showValue(directory)} (${directory.source}) may be shared, since ${why}: without auth.realm no other checkout or machine finds what is stored here (realm ${realm.value} is made from ${realm.source})`,
    hints: [nameIt],
  };
}

/** Where a configuration file names the directory; undefined where the environment does. */
function placeSaying(source: string): readonly string[] | undefined {
  if (source.startsWith('auth.')) return ['auth', 'keyring', 'spec', 'path'];
  return source.startsWith('env.') ? ['env', 'ATMOS_KEYRING_FILE_PATH'] : undefined;
}
