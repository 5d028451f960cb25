import type { AuthPlan } from '../auth/plan.ts';
import type { KeyForm, KeyValues } from '../clouds/key-contract.ts';
import { keyImporters } from '../clouds/registry.ts';
import { credentialId, shortAccessKeyId, type ProgramCredentials } from '../core/credentials.ts';
import { AtmosError, isAtmosError, isEntryError } from '../core/errors.ts';
import { say, type Hint } from '../core/hint.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import type { Keyring, KeyringInfo } from '../keyring/contract.ts';
import { checkKey, keyFormOf } from './configure-key.ts';
import { itemKey, type Owner } from '../store/key.ts';
import { keyFileReader } from './key-files.ts';
import type { OpenAuth } from './open.ts';
import { sharedRealmWarning } from './shared-realm.ts';

export type { KeyField, KeyForm, KeyValues } from '../clouds/key-contract.ts';

const verifyTimeoutMs = 5_000;

/** The source of a key. `title` is its name in messages: `--stdin`. */
export type KeySource =
  | { readonly kind: 'person' }
  | { readonly kind: 'json'; readonly title: string; read(): Promise<string> }
  | {
      readonly kind: 'profile';
      readonly title: string;
      readonly profile: string;
      readonly importer: 'aws-credentials';
    };

export interface ConfigureOptions {
  readonly identity: Identity;
  readonly source: KeySource;
  /** Values from options, which override the source. */
  readonly given: KeyValues;
  /** The option that gives the value of a field. */
  optionOf(field: string): string;
  /** Whether AWS is asked about the key before it is saved. Default: if a person typed it. */
  readonly isVerified: boolean | undefined;
}

export interface ConfigureServices {
  readonly host: Host;
  open(): Promise<OpenAuth>;
  /** Prompts the user for the values that are not given. */
  ask(form: KeyForm, given: KeyValues): Promise<KeyValues>;
  warn(message: string, hints?: readonly Hint[]): Promise<void>;
  /** Called after the server has confirmed the owner of the key. */
  verified(principal: string): Promise<void>;
  /** Whether a key that a person typed is saved although it could not be verified. */
  confirmUnverified(): Promise<boolean>;
}

/** The name of the saved key in messages, and its location. */
export interface SavedKey {
  readonly id: string;
  readonly keyring: KeyringInfo;
}

/**
 * Stores the long-lived key of an identity in the configured keyring and reads it back.
 *
 * @returns undefined if the person did not want to save a key that could not be verified
 * @throws ERR_USAGE for an invalid value or the memory keyring; the errors of `checkConfigurable`,
 *   the keyring and, when verifying, the server
 */
export async function configureUser(
  plan: AuthPlan,
  options: ConfigureOptions,
  services: ConfigureServices,
): Promise<SavedKey | undefined> {
  const { identity, given } = options;
  const { host, warn } = services;
  const form = await keyFormOf(identity);
  checkKey(form, given, options.optionOf);
  const opened = await services.open();
  const { manager, keyring } = opened;
  requireLasting(plan, opened);
  await manager.checkConfigurable(identity);
  const owner = { realm: plan.realm.value, alias: identity.name };
  const keys = await openOneEntry(keyring, owner);
  const shared = sharedRealmWarning(plan, host, { keys, identities: [identity.name] });
  if (shared !== undefined) await warn(shared.message, shared.hints);
  const values = await readKey(form, options, services);
  for (const warning of overruled(form, values)) await warn(warning);
  const credentials = form.make(values);
  const isTyped = options.source.kind === 'person';
  if (options.isVerified ?? isTyped) {
    const isVerified = await verify(opened, { identity, credentials, isTyped }, services);
    if (!isVerified) return undefined;
  }
  await manager.saveKeys(identity, credentials);
  return { id: shortAccessKeyId(credentialId(credentials)), keyring: keyring.info };
}

function requireLasting({ keyring }: AuthPlan, opened: OpenAuth): void {
  const { info } = opened.keyring;
  if (info.persistent) return;
  const { type, fallback } = keyring;
  const source = opened.insteadOf === undefined ? type.source : fallback?.source;
  throw new AtmosError(
    'ERR_USAGE',
    `the ${info.type} keyring (from ${source}) keeps entries only until the process exits, so no key can be stored in it`,
    {
      hints: [
        say('set the keyring type to system or file there'),
        say('or set access_key_id and secret_access_key in atmos.yaml with !env'),
      ],
    },
  );
}

/**
 * Opens one entry, if any exists, so that an unavailable keyring and a wrong password are reported
 * before the user types a key.
 *
 * @returns the names of all entries; none if they may not be listed
 */
async function openOneEntry(keyring: Keyring, owner: Owner): Promise<string[]> {
  const keys = await listIfAllowed(keyring, owner);
  for (const key of keys) {
    try {
      await keyring.get(key);
      break;
    } catch (error) {
      if (!isEntryError(error)) throw error;
    }
  }
  return keys;
}

/** A server may allow reading and writing an entry, and not listing all of them. */
async function listIfAllowed(keyring: Keyring, owner: Owner): Promise<string[]> {
  try {
    return await keyring.keys();
  } catch (error) {
    if (!isAtmosError(error, 'ERR_KEYRING_PERMISSIONS')) throw error;
    await keyring.get(itemKey(owner, 'key'));
    return [];
  }
}

async function readKey(
  form: KeyForm,
  { source, given }: ConfigureOptions,
  { host, ask }: ConfigureServices,
): Promise<KeyValues> {
  if (source.kind === 'person') return { ...(await ask(form, given)), ...given };
  const read =
    source.kind === 'json'
      ? form.parse(await source.read())
      : await keyOfProfile(source.profile, source.importer, host);
  checkKey(form, read, () => source.title);
  return { ...read, ...given };
}

async function keyOfProfile(
  profile: string,
  source: 'aws-credentials',
  host: Host,
): Promise<KeyValues> {
  const importer = await keyImporters[source]();
  const files = importer.files(host);
  return importer.key(profile, files, keyFileReader(importer, files.closed));
}

/** Warns about given values that the configuration overrides. */
function overruled({ fields }: KeyForm, values: KeyValues): string[] {
  return fields.flatMap(({ name, configured }) =>
    configured && values[name]
      ? [
          `${configured.title} is set in the configuration (${configured.source}), so the given value is not used`,
        ]
      : [],
  );
}

interface Unverified {
  readonly identity: Identity;
  readonly credentials: ProgramCredentials;
  readonly isTyped: boolean;
}

/**
 * Whether to save. A user who typed the key may save it although AWS could not confirm it. Other
 * callers that requested the check get its error.
 */
async function verify(
  { manager }: OpenAuth,
  { identity, credentials, isTyped }: Unverified,
  { warn, verified, confirmUnverified }: ConfigureServices,
): Promise<boolean> {
  try {
    const { arn } = await manager.verifyKeys(identity, credentials, verifyTimeoutMs);
    await verified(arn);
    return true;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    if (!isTyped) {
      const { code, message, hintValues: hints } = error;
      throw new AtmosError(code, `the key was not saved: ${message}`, { hints });
    }
    await warn(`the key could not be verified: ${error.message}`);
    return confirmUnverified();
  }
}
