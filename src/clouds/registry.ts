import { AtmosError } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { nearestName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { Credentials, CredentialType } from '../core/credentials.ts';
import type {
  Cloud,
  FileOwners,
  KeyFileImporter,
  KeyringImporter,
  Kind,
  SessionFile,
  UserProfiles,
} from './contract.ts';

// The only module that names the kinds of identities. Each is loaded on first use.
const identities: Readonly<Record<string, () => Promise<Kind>>> = {
  'aws/user': async () => (await import('./aws/user.ts')).awsUser,
};

/** The supported kinds of identities. */
export const identityKinds: readonly string[] = Object.keys(identities);

/** Kinds of Atmos that are not supported yet, to distinguish them from typing errors. */
export const otherIdentityKinds: readonly string[] = [
  'aws/permission-set',
  'aws/assume-role',
  'aws/assume-root',
  'aws/ambient',
  'ambient',
  'azure/subscription',
  'gcp/service-account',
  'gcp/project',
  'atmos/pro',
  'aws/emulator',
  'gcp/emulator',
  'azure/emulator',
  'kubernetes/emulator',
  'mock',
  'mock/aws',
];

/** @throws ERR_IDENTITY_UNSUPPORTED with the place where the kind was configured */
export async function kindOf(
  identity: Pick<Identity, 'name' | 'kind' | 'locate' | 'tagAt'>,
): Promise<Kind> {
  const { kind } = identity;
  const load = Object.hasOwn(identities, kind) ? identities[kind] : undefined;
  if (load !== undefined) return load();
  const nearest = nearestName(kind, identityKinds);
  throw new AtmosError(
    'ERR_IDENTITY_UNSUPPORTED',
    otherIdentityKinds.includes(kind)
      ? `identity ${identity.name} has the kind ${kind} (${identity.locate(['kind'])}), which this version does not support`
      : `identity ${identity.name} has an unknown kind ${quoteValue({ value: kind, tag: identity.tagAt?.(['kind']) })} (${identity.locate(['kind'])})`,
    {
      hints:
        nearest === undefined
          ? [say(`supported kinds: ${identityKinds.join(', ')}`)]
          : didYouMean(nearest),
    },
  );
}

/**
 * The plain files of every cloud in which Go Atmos stores sessions and tokens, of all realms,
 * sorted by path. The result contains no secret.
 *
 * @throws ERR_IO
 */
export async function listSessionFiles(host: Host, owners: FileOwners): Promise<SessionFile[]> {
  const { listAwsSessionFiles } = await import('./aws/session-files.ts');
  return listAwsSessionFiles(host, owners);
}

/** Find the long-lived keys of other tools. The names are the values of `keyring import --from`. */
export const keyImporters = {
  'aws-credentials': async (): Promise<KeyFileImporter> =>
    (await import('./aws/key-importers.ts')).awsFiles,
  'aws-vault': async (): Promise<KeyringImporter> =>
    (await import('./aws/key-importers.ts')).awsVault,
};

/**
 * The types of credentials whose programs find profiles in the user's own files. A kind that only
 * passes the environment on gives no credentials that such a profile could request.
 */
export const profileTypes: readonly CredentialType[] = ['aws'];

/** The profiles in the user's own files, for {@link profileTypes}. */
export async function loadUserProfiles(): Promise<UserProfiles> {
  return (await import('./aws/user-profiles.ts')).awsUserProfiles;
}

// ── clouds, by the type of the credentials that their programs take ──────────────────────────────

type CloudOf<T extends CredentialType> = Cloud<Extract<Credentials, { type: T }>>;

// Each is loaded on first use.
const clouds: { readonly [T in CredentialType]: () => Promise<CloudOf<T>> } = {
  aws: async () => (await import('./aws/cloud.ts')).aws,
};

/** The cloud whose programs use credentials of this type. */
export function cloudOf<T extends CredentialType>(type: T): Promise<CloudOf<T>> {
  return clouds[type]();
}
