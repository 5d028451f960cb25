import type { AuthPlan } from '../auth/plan.ts';
import type {
  KeyFileImporter,
  KeyFiles,
  KeyringImporter,
  KeyValues,
  ProfileKey,
} from '../clouds/key-contract.ts';
import { keyImporters } from '../clouds/registry.ts';
import type { Config } from '../config/load.ts';
import type { ProgramCredentials } from '../core/credentials.ts';
import { AtmosError, isAtmosError, isEntryError } from '../core/errors.ts';
import { placeholder, run } from '../core/hint.ts';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { describeClosed } from '../host/closed-home.ts';
import type { Host } from '../host/host.ts';
import { statIfVisible } from '../host/read-files.ts';
import type { KeyringInfo, KeyringReader } from '../keyring/contract.ts';
import type { CopiedEntry, Copy } from '../store/copy.ts';
import { parseEnvelope } from '../store/envelope.ts';
import { createInventory } from '../store/inventory.ts';
import { itemKey } from '../store/key.ts';
import { checkKey, keyFormOf } from './configure-key.ts';
import {
  copyEntries,
  requireTarget,
  type Copied,
  type CopyFlags,
  type CopyServices,
  type LeftEntry,
  type Outcome,
} from './copy-entries.ts';
import {
  chooseIdentities,
  type ChooseFor,
  type ChoosingOptions,
  type ProfileChoice,
} from './import-identities.ts';
import { keyFileReader } from './key-files.ts';
import type { OpenAuth } from './open.ts';

export interface ImportKeysOptions extends CopyFlags, ChoosingOptions {
  readonly from: keyof typeof keyImporters;
  /** Absolute path of a file to read instead of the tool's default. */
  readonly path: Sourced<string> | undefined;
}

export interface ImportKeysServices extends CopyServices {
  readonly host: Host;
  /** Opens the keyring of the tool, if it has one. */
  openSource(target: KeyringInfo): Promise<KeyringReader>;
  choose: ChooseFor;
  warn(message: string): Promise<void>;
}

/**
 * Imports the long-lived keys of another tool into identities, as chosen by the map or the user.
 * The source is not changed.
 *
 * @throws as `requireTarget` and `chooseIdentities`; ERR_USAGE for a file that does not exist; the
 *   errors of reading the source
 */
export async function importKeys(
  plan: AuthPlan & { readonly config: Config },
  opened: OpenAuth,
  options: ImportKeysOptions,
  services: ImportKeysServices,
): Promise<Copied> {
  const { config, realm } = plan;
  const { keyring, manager } = opened;
  requireTarget(opened, options.isDryRun);
  const { location, keys, left, warnings } = await findKeys(options, keyring.info, services);
  for (const warning of warnings) await services.warn(warning);
  const profiles = keys.map(({ profile }) => profile);
  const choices = await chooseIdentities({ config, manager }, profiles, options, services.choose);
  const chosen = keys.flatMap((found) => {
    const identity = choices.get(found.profile);
    return identity === undefined || isAtmosError(identity) ? [] : [{ found, identity }];
  });
  const copies = chosen.map(({ found, identity }) => keyCopy(found, identity, opened));
  const { entries, stopped } = await copyEntries(copies, keyring, options, services);
  const done = new Map(chosen.map(({ found }, index) => [found.profile, entries[index]]));
  return {
    from: { type: options.from, location },
    to: keyring.info,
    inventory: createInventory(realm.value, config),
    outcomes: keys.map((found) => outcomeOf(found, choices.get(found.profile), done)),
    stopped,
    left,
  };
}

/** A profile that has a long-lived key. */
interface FoundKey extends Omit<ProfileKey, 'values'> {
  /** Null when it is gone. @throws ERR_STORE_INVALID, and the errors of the keyring it is in */
  read(): Promise<KeyValues | null>;
}

interface FoundKeys {
  readonly location: string;
  readonly keys: readonly FoundKey[];
  /** Other entries or profiles there, by name: sessions, roles. */
  readonly left: readonly LeftEntry[];
  readonly warnings: readonly string[];
}

async function findKeys(
  { from, path }: ImportKeysOptions,
  target: KeyringInfo,
  { host, openSource }: ImportKeysServices,
): Promise<FoundKeys> {
  if (from === 'aws-credentials') {
    return findInFiles(await keyImporters[from](), from, path, host);
  }
  const keyring = await openSource(target);
  const found = await findInKeyring(await keyImporters[from](), from, keyring, host);
  await openOneKey(found);
  return found;
}

/** Opens one, so that a wrong password is reported before a person is asked about profiles. */
async function openOneKey({ keys }: FoundKeys): Promise<void> {
  for (const key of keys) {
    try {
      await key.read();
      return;
    } catch (error) {
      if (!isEntryError(error)) throw error;
    }
  }
}

async function findInKeyring(
  importer: KeyringImporter,
  tool: string,
  keyring: KeyringReader,
  host: Host,
): Promise<FoundKeys> {
  const deviceOf = importer.mfaDevices(host, keyFileReader(importer));
  const names = await keyring.keys();
  const keys = names.filter(importer.isKey).map((profile): FoundKey => {
    const mfaDevice = deviceOf(profile);
    return {
      profile,
      lines: [],
      ...withoutAbsent({ mfaDevice }),
      async read() {
        const text = await keyring.get(profile);
        if (text === null) return null;
        const key = importer.parse(text, mfaDevice?.value);
        if ('values' in key) return key.values;
        throw useless(`the entry ${profile} of ${tool}`, key.problem);
      },
    };
  });
  const others = names.filter((name) => !importer.isKey(name));
  const left = others.map((key) => ({ key, owner: 'other' as const }));
  return { location: keyring.info.location, keys, left, warnings: [] };
}

function findInFiles(
  importer: KeyFileImporter,
  source: string,
  path: Sourced<string> | undefined,
  host: Host,
): FoundKeys {
  const usual = importer.files(host);
  const credentials = path?.value ?? usual.credentials;
  if (path !== undefined && statIfVisible(credentials) === undefined) {
    throw new AtmosError('ERR_USAGE', `the file ${credentials} (${path.source}) does not exist`, {
      hints: [run(['atmos', 'auth', 'keyring', 'import', '--from', source])],
    });
  }
  const read = keyFileReader(importer, usual.closed);
  const { keys, others, warnings } = importer.keys({ ...usual, credentials }, read);
  if (keys.length === 0 && statIfVisible(credentials) === undefined) {
    throw fileNotFound(source, usual);
  }
  return {
    location: credentials,
    keys: keys.map(({ values, ...found }) => ({ ...found, read: async () => values })),
    left: others.map((profile) => ({ profile })),
    warnings,
  };
}

function fileNotFound(source: string, { credentials, closed }: KeyFiles): AtmosError {
  const why = closed === undefined ? 'does not exist' : `was not found: ${describeClosed(closed)}`;
  const command = ['atmos', 'auth', 'keyring', 'import', '--from', source];
  return new AtmosError('ERR_USAGE', `the file ${credentials} ${why}`, {
    hints: [run([...command, '--path', placeholder('file')])],
  });
}

/** The copy of a found key to an identity. */
function keyCopy(found: FoundKey, identity: Identity, { keyring, manager, plan }: OpenAuth): Copy {
  const key = itemKey({ realm: plan.realm.value, alias: identity.name }, 'key');
  return {
    key,
    async prepare() {
      const values = await found.read();
      if (values === null) return null;
      const credentials = await makeKey(identity, values, found.profile);
      const existing = await keyring.get(key);
      return {
        target:
          existing === null ? 'absent' : isSameKey(existing, credentials) ? 'same' : 'different',
        // Refuses to overwrite an entry of another identity and reads the entry back.
        write: () => manager.saveKeys(identity, credentials),
      };
    },
  };
}

/**
 * Whether an entry has the same values. Fields that the key does not have, such as an MFA device,
 * may differ.
 */
function isSameKey(existing: string, key: ProgramCredentials): boolean {
  const entry = parseEnvelope(existing);
  if ('fault' in entry) return false;
  const stored = new Map(Object.entries(entry.credentials));
  return Object.entries(key).every(([name, value]) => stored.get(name) === value);
}

/** @throws ERR_STORE_INVALID for invalid values */
async function makeKey(
  identity: Identity,
  values: KeyValues,
  profile: string,
): Promise<ProgramCredentials> {
  const what = `the profile ${JSON.stringify(profile)}`;
  try {
    const form = await keyFormOf(identity);
    checkKey(form, values, () => what);
    return form.make(values);
  } catch (error) {
    if (error instanceof AtmosError) throw useless(`the key of ${what}`, ...error.lines);
    throw error;
  }
}

function useless(what: string, fault = '', ...others: string[]): AtmosError {
  return new AtmosError('ERR_STORE_INVALID', [`${what} cannot be used: ${fault}`, ...others]);
}

function outcomeOf(
  { profile, lines, mfaDevice }: FoundKey,
  choice: ProfileChoice,
  done: ReadonlyMap<string, CopiedEntry | undefined>,
): Outcome {
  const found = { profile, lines, ...withoutAbsent({ mfaDevice }) };
  const entry = done.get(profile);
  if (entry !== undefined) return { ...entry, ...found };
  const unmade = { ...found, sourceDeleted: false };
  return isAtmosError(choice)
    ? { ...unmade, state: 'failed', error: choice }
    : { ...unmade, state: 'skipped' };
}
