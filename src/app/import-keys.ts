import type { AccessKey } from '../core/credentials.ts';
import { AtmosError } from '../core/errors.ts';
import { withoutAbsent, type Sourced } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import type { Closed } from '../host/closed-home.ts';
import type { Host } from '../host/host.ts';
import type { Keyring } from '../keyring/contract.ts';
import type { Copy } from '../store/copy.ts';
import { parseEnvelope } from '../store/envelope.ts';
import type { OtherEntry } from '../store/inventory.ts';
import { itemKey } from '../store/key.ts';
import { awsVaultProfiles, parseVaultKey, type SourceLine } from './import-sources.ts';
import { checkKey } from './configure-key.ts';
import type { AuthManager } from './open.ts';

/** What is not copied: an entry of another program or kind, or a profile without a long-lived key. */
export type LeftEntry = OtherEntry | { readonly profile: string };

/** A profile that has a long-lived key. */
export interface FoundKey {
  readonly profile: string;
  /** Where it stands in plain sight. */
  readonly lines: readonly SourceLine[];
  /** The MFA device that the key is used with, which is stored with it. */
  readonly mfaDevice?: Sourced<string>;
  /** Null when it is gone. @throws ERR_STORE_INVALID, and the errors of the keyring it is in */
  read(): Promise<AccessKey | null>;
}

export interface FoundKeys {
  readonly keys: readonly FoundKey[];
  /** Other entries or profiles there, by name: sessions, roles. */
  readonly left: readonly LeftEntry[];
  /** What a person should know of the source, one line each. */
  readonly warnings: readonly string[];
}

/** The long-lived keys in a keyring of aws-vault, which has the MFA devices in the AWS config file. */
export async function findVaultKeys(
  keyring: Pick<Keyring, 'keys' | 'get'>,
  host: Pick<Host, 'env' | 'homeDirectory' | 'userId'>,
): Promise<FoundKeys> {
  const { vaultDevices } = await import('../clouds/aws/shared-files.ts');
  const deviceOf = vaultDevices(host);
  const { profiles, others } = await awsVaultProfiles(keyring);
  const left = others.map((key) => ({ key, owner: 'other' as const }));
  const keys = profiles.map((profile) => {
    const mfaDevice = deviceOf(profile);
    return {
      profile,
      lines: [],
      ...withoutAbsent({ mfaDevice }),
      async read() {
        const text = await keyring.get(profile);
        if (text === null) return null;
        const key = parseVaultKey(text);
        if ('fault' in key) throw useless(`the entry ${profile} of aws-vault`, key.fault);
        return { ...key, ...withoutAbsent({ mfaArn: mfaDevice?.value }) };
      },
    };
  });
  return { keys, left, warnings: [] };
}

/** The long-lived keys in the AWS shared files, with their lines. */
export async function findSharedKeys(paths: {
  readonly credentials: string;
  readonly config: string;
  readonly closed?: Closed;
}): Promise<FoundKeys> {
  const { readAwsKeys } = await import('../clouds/aws/shared-files.ts');
  const { keys, others, warnings } = readAwsKeys(paths);
  const found = keys.map(({ key, ...rest }) => ({ ...rest, read: () => Promise.resolve(key) }));
  return { keys: found, left: others.map((profile) => ({ profile })), warnings };
}

/** A key on its way to become that of an identity. */
export function keyCopy(
  found: FoundKey,
  identity: Identity,
  { keyring, manager, realm }: { keyring: Keyring; manager: AuthManager; realm: string },
): Copy {
  const key = itemKey({ realm, alias: identity.name }, 'key');
  return {
    key,
    async prepare() {
      const read = await found.read();
      if (read === null) return null;
      await checkImported(identity, read, found.profile);
      const existing = await keyring.get(key);
      return {
        target: existing === null ? 'absent' : isSameKey(existing, read) ? 'same' : 'different',
        // Refuses the entry of another identity that has the same name, and reads back.
        write: () => manager.saveKeys(identity, read),
      };
    },
  };
}

/** An MFA device counts too, but where the source names none. */
function isSameKey(existing: string, { accessKeyId, secretAccessKey, mfaArn }: AccessKey): boolean {
  const entry = parseEnvelope(existing);
  return (
    !('fault' in entry) &&
    entry.credentials.accessKeyId === accessKeyId &&
    entry.credentials.secretAccessKey === secretAccessKey &&
    (mfaArn === undefined || entry.credentials.mfaArn === mfaArn)
  );
}

async function checkImported(identity: Identity, key: AccessKey, profile: string): Promise<void> {
  const what = `the profile ${JSON.stringify(profile)}`;
  try {
    await checkKey(identity, key, () => what);
  } catch (error) {
    if (error instanceof AtmosError) throw useless(`the key of ${what}`, ...error.lines);
    throw error;
  }
}

function useless(what: string, fault = '', ...others: string[]): AtmosError {
  return new AtmosError('ERR_STORE_INVALID', [`${what} cannot be used: ${fault}`, ...others]);
}
