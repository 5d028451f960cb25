import { AtmosError } from '../core/errors.ts';
import { didYouMean, say } from '../core/hint.ts';
import { quoteValue } from '../core/json.ts';
import {
  isProvider,
  titleOf,
  type Identity,
  type LinkConfig,
  type Provider,
} from '../core/kind-config.ts';
import { nearestName } from '../core/names.ts';
import type { Host } from '../host/host.ts';
import type { ProgramCredentials } from '../core/credentials.ts';
import type { Cloud, FileOwners, SessionFile, UserProfiles } from './cloud-contract.ts';
import type { IdentityKind, Kind, ProviderKind } from './contract.ts';
import type { KeyFileImporter, KeyringImporter } from './key-contract.ts';

// The only module that names the kinds of identities. Each is loaded on first use.
const identities: Readonly<Record<string, () => Promise<IdentityKind>>> = {
  'aws/user': async () => (await import('./aws/user.ts')).awsUser,
  'aws/assume-role': async () => (await import('./aws/assume-role.ts')).awsAssumeRole,
  'aws/assume-root': async () => (await import('./aws/assume-root.ts')).awsAssumeRoot,
  'aws/permission-set': async () => (await import('./aws/permission-set.ts')).awsPermissionSet,
  'aws/credential-process': async () =>
    (await import('./aws/credential-process.ts')).awsCredentialProcess,
  'aws/ambient': async () => (await import('./aws/ambient.ts')).awsAmbient,
  ambient: async () => (await import('./ambient.ts')).ambient,
};

/** The supported kinds of identities. */
export const identityKinds: readonly string[] = Object.keys(identities);

/** Kinds of Atmos that are not supported yet, to distinguish them from typing errors. */
export const otherIdentityKinds: readonly string[] = [
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

const providers: Readonly<Record<string, () => Promise<ProviderKind>>> = {
  'aws/iam-identity-center': async () =>
    (await import('./aws/iam-identity-center.ts')).awsIamIdentityCenter,
  'github/oidc': async () => (await import('./github/oidc.ts')).githubOidc,
  'oidc/token': async () => (await import('./oidc/token.ts')).oidcToken,
};

/** The supported kinds of providers. */
export const providerKinds: readonly string[] = Object.keys(providers);

/** Kinds of providers of Atmos that are not supported yet. */
export const otherProviderKinds: readonly string[] = [
  'aws/saml',
  'azure/cli',
  'azure/device-code',
  'azure/interactive',
  'azure/oidc',
  'gcp/adc',
  'gcp/workload-identity-federation',
  'atmos/pro',
  'mock',
  'mock/aws',
];

type Kinded<Config extends LinkConfig> = Pick<Config, 'name' | 'kind' | 'locate' | 'tagAt'>;

/** @throws ERR_IDENTITY_UNSUPPORTED with the place where the kind was configured */
export async function kindOf(identity: Kinded<Identity>): Promise<IdentityKind> {
  const { kind } = identity;
  const load = Object.hasOwn(identities, kind) ? identities[kind] : undefined;
  if (load === undefined) throw unsupported(identity, identityKinds, otherIdentityKinds);
  return load();
}

/** @throws ERR_IDENTITY_UNSUPPORTED with the place where the kind was configured */
export async function providerKindOf(provider: Kinded<Provider>): Promise<ProviderKind> {
  const { kind } = provider;
  const load = Object.hasOwn(providers, kind) ? providers[kind] : undefined;
  if (load === undefined) throw unsupported(provider, providerKinds, otherProviderKinds);
  return load();
}

/** The kind of a link of a chain. @throws ERR_IDENTITY_UNSUPPORTED */
export function linkKindOf(config: LinkConfig): Promise<Kind> {
  return isProvider(config) ? providerKindOf(config) : kindOf(config);
}

function unsupported(
  config: Kinded<LinkConfig>,
  supported: readonly string[],
  others: readonly string[],
): AtmosError {
  const { kind } = config;
  const place = config.locate(['kind']);
  const nearest = nearestName(kind, supported);
  return new AtmosError(
    'ERR_IDENTITY_UNSUPPORTED',
    others.includes(kind)
      ? `${titleOf(config)} has the kind ${kind} (${place}), which this version does not support`
      : `${titleOf(config)} has an unknown kind ${quoteValue({ value: kind, tag: config.tagAt?.(['kind']) })} (${place})`,
    {
      hints:
        nearest === undefined
          ? [say(`supported kinds: ${supported.join(', ')}`)]
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

/** Makes identities and providers of the profiles in the files of another tool. */
export async function loadConfigImporter() {
  return (await import('./aws/config-import.ts')).awsConfigImporter;
}

/** The profiles in the user's own files. */
export async function loadUserProfiles(): Promise<UserProfiles> {
  return (await import('./aws/user-profiles.ts')).awsUserProfiles;
}

// ── clouds, by the type of the credentials that their programs take ──────────────────────────────

/** The types of credentials that programs use. */
export type ProgramType = ProgramCredentials['type'];

type CloudOf<T extends ProgramType> = Cloud<Extract<ProgramCredentials, { type: T }>>;

// Each is loaded on first use.
const clouds: { readonly [T in ProgramType]: () => Promise<CloudOf<T>> } = {
  aws: async () => (await import('./aws/cloud.ts')).aws,
};

// Apart from the clouds, because a credential process that has a session needs nothing else.
const processAnswers: {
  readonly [T in ProgramType]: () => Promise<
    (credentials: Extract<ProgramCredentials, { type: T }>) => string
  >;
} = {
  aws: async () => (await import('./aws/format-process-answer.ts')).formatProcessAnswer,
};

/** What a credential process prints for programs of the cloud. */
export async function formatProcessAnswer(credentials: ProgramCredentials): Promise<string> {
  return (await processAnswers[credentials.type]())(credentials);
}

/** The cloud whose programs use credentials of this type. */
export function cloudOf<T extends ProgramType>(type: T): Promise<CloudOf<T>> {
  return clouds[type]();
}
