import { checkTrust, ownerOf, type AuthContext } from '../auth/context.ts';
import { forgetRefusal } from '../auth/refusals.ts';
import type { KeyForm, KeyValues } from '../clouds/contract.ts';
import { strategyOf } from '../clouds/registry.ts';
import { awsCredentials, type AwsCredentials } from '../core/credentials.ts';
import { AtmosError, KeyringError } from '../core/errors.ts';
import { edit, say } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import { shownKey } from '../keyring/key.ts';
import { findLengthFault, type Owner } from '../store/key.ts';

/**
 * Whether a key of the identity can be stored, asked before anybody types one.
 *
 * @throws ERR_CONFIG_UNTRUSTED for what would be done with it; ERR_USAGE when the identity's keys stand
 * in the configuration, so that stored ones would be ignored; ERR_KEYRING_INVALID_KEY for a name that is
 * too long for the key or for the session that it opens
 */
export async function checkConfigurable(context: AuthContext, identity: Identity): Promise<void> {
  context.requireStorable();
  checkLength(ownerOf(context, identity), identity);
  await checkTrust(context, identity);
  if ((await strategyOf(identity)).usesStoredKeys(identity)) return;
  throw new AtmosError(
    'ERR_USAGE',
    `the access key of identity ${identity.name} stands in the configuration (${identity.locate(['credentials'])}), so a stored one would not be used`,
    {
      hints: [edit(identity.locate(['credentials']), 'remove access_key_id and secret_access_key')],
    },
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

/** @throws ERR_CONFIG_INVALID */
export async function keyFormOf(identity: Identity): Promise<KeyForm> {
  return (await strategyOf(identity)).keyForm(identity);
}

/**
 * Refuses values that cannot be used.
 *
 * @param sourceOf where the value of a field came from: `--stdin`
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

/** Asks the server who holds these keys, within `timeoutMs`. */
export async function verifyKeys(
  context: AuthContext,
  identity: Identity,
  keys: AwsCredentials,
  timeoutMs: number,
): Promise<{ arn: string; account: string }> {
  await checkTrust(context, identity);
  const strategy = await strategyOf(identity);
  const prepared = await strategy.prepare({
    identity,
    host: context.host,
    readStoredKeys: async () => keys,
    isStoreLasting: context.keyring.info.persistent,
    warn: () => {},
  });
  return prepared.whoIs(keys, timeoutMs);
}

/** Stores the long-lived keys of an identity and reads them back. */
export async function saveKeys(
  context: AuthContext,
  identity: Identity,
  keys: Omit<AwsCredentials, 'type'>,
): Promise<void> {
  await context.store.write(identity.name, 'key', awsCredentials(keys));
  forgetRefusal(ownerOf(context, identity), context.host);
  context.host.log('key.saved', { identity: identity.name });
}
