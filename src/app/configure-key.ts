import { dependentsOf } from '../auth/chain.ts';
import { ownerOf, planTrusted, type AuthContext } from '../auth/context.ts';
import { forgetRefusal } from '../auth/refusals.ts';
import type { KeyForm, KeyValues } from '../clouds/key-contract.ts';
import { kindOf } from '../clouds/registry.ts';
import { awsCredentials, isSameCredentials, type AwsCredentials } from '../core/credentials.ts';
import { AtmosError, isAtmosError, KeyringError } from '../core/errors.ts';
import { edit, say } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import { shownKey } from '../keyring/key.ts';
import { findLengthFault, type Owner } from '../store/key.ts';

/**
 * Checks that a key of the identity can be stored, before the user types one.
 *
 * @throws ERR_CONFIG_UNTRUSTED for what storing and using it needs; ERR_USAGE if the identity's
 *   keys are in the configuration, so that stored keys would be ignored; ERR_KEYRING_INVALID_KEY
 *   for a name that is too long for the key or for the session that it opens
 */
export async function checkConfigurable(context: AuthContext, identity: Identity): Promise<void> {
  context.requireStorable();
  checkLength(ownerOf(context, identity), identity);
  const { storedKey } = (await planTrusted(context, identity)).target.plan;
  if (storedKey === 'needed') return;
  if (storedKey === 'none') throw usesNoKey(identity);
  throw new AtmosError(
    'ERR_USAGE',
    `the access key of identity ${identity.name} is set in the configuration (${identity.locate(['credentials'])}), so a stored one would not be used`,
    {
      hints: [edit(identity.locate(['credentials']), 'remove access_key_id and secret_access_key')],
    },
  );
}

function usesNoKey({ name, kind, locate }: Identity): AtmosError {
  return new AtmosError(
    'ERR_USAGE',
    `identity ${name} (${locate(['kind'])}) is of kind ${kind}, which does not use access keys`,
  );
}

function checkLength(owner: Owner, { name, locate }: Identity): void {
  const fault = findLengthFault(owner);
  if (fault === undefined) return;
  throw new KeyringError(
    'ERR_KEYRING_INVALID_KEY',
    `identity ${shownKey(name)} (${locate()}) ${fault}`,
    { hints: [say('give it a shorter name')] },
  );
}

/** @throws ERR_CONFIG_INVALID; ERR_USAGE for a kind without access keys */
export async function keyFormOf(identity: Identity): Promise<KeyForm> {
  const form = (await kindOf(identity)).keyForm?.(identity);
  if (form === undefined) throw usesNoKey(identity);
  return form;
}

/**
 * Refuses values that cannot be used.
 *
 * @param sourceOf the source of a field's value: `--stdin`
 * @throws ERR_USAGE naming every fault and its source; no value
 */
export function checkKey(
  { fields }: KeyForm,
  values: KeyValues,
  sourceOf: (field: string) => string,
): void {
  const lines = fields.flatMap(({ name, check }) => {
    const value = values[name];
    const fault = value === undefined ? undefined : check(value);
    return fault === undefined ? [] : [`${fault} (from ${sourceOf(name)})`];
  });
  if (lines.length > 0) throw new AtmosError('ERR_USAGE', lines);
}

/** Asks the server for the owner of these keys, within `timeoutMs`. */
export async function verifyKeys(
  context: AuthContext,
  identity: Identity,
  keys: AwsCredentials,
  timeoutMs: number,
): Promise<{ arn: string; account: string }> {
  const { plan } = (await planTrusted(context, identity)).target;
  if (plan.whoIs === undefined) throw usesNoKey(identity);
  return plan.whoIs(keys, { host: context.host, timeoutMs });
}

/**
 * Stores the long-lived key of an identity and reads it back. A session that was opened with
 * another key is removed before, so that after an interruption the next attempt still finds that
 * the key differs; and after, because a login that had read the other key may have stored its
 * session meanwhile.
 */
export async function saveKeys(
  context: AuthContext,
  identity: Identity,
  keys: Omit<AwsCredentials, 'type'>,
): Promise<void> {
  const { store, host } = context;
  const key = awsCredentials(keys);
  const isOther = !(await isStored(context, identity, key));
  if (isOther) await removeSessions(context, identity);
  await store.write(identity.name, 'key', key);
  if (isOther) await removeSessions(context, identity);
  forgetRefusal(ownerOf(context, identity), host);
  host.log('key.saved', { identity: identity.name });
}

/**
 * Removes the session that the key opened, and those that were opened with that session; also those in
 * the files of Atmos, if they are used.
 */
async function removeSessions(context: AuthContext, identity: Identity): Promise<void> {
  const { store, host, realm, configured = { identities: [], providers: [] } } = context;
  const names = await dependentsOf(identity, configured);
  for (const name of names) await store.remove(name, 'session');
  // The key opens sessions from now on.
  await store.remove(identity.name, 'token');
  if (context.sessionFiles === undefined) return;
  // Otherwise a session of Atmos that the other key opened would be used.
  const { findSessionFiles, removeSessionFiles } = await import('./session-files.ts');
  const plan = { realm, config: configured };
  const files = await findSessionFiles(plan, { identities: names, providers: [] }, host);
  await removeSessionFiles(files, false);
}

async function isStored(
  { store }: AuthContext,
  { name }: Identity,
  key: AwsCredentials,
): Promise<boolean> {
  try {
    const stored = await store.read(name, 'key');
    return stored !== null && isSameCredentials(stored.credentials, key);
  } catch (error) {
    // An invalid entry is overwritten.
    if (isAtmosError(error, 'ERR_STORE_INVALID')) return false;
    throw error;
  }
}
