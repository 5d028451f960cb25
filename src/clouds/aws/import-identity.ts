import { ConfigurationError, type LinkProblem } from '../../core/configuration-error.ts';
import type { YamlMap } from '../../core/imported-config.ts';
import { isObject, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { ProfileReader } from './import-profile.ts';
import type { ImportedPortal } from './import-portals.ts';
import { readPermissionSet } from './permission-set-settings.ts';
import { isAwsRegion, partitionOf } from './regions.ts';
import { readRoleSettings, type RoleBase } from './role-settings.ts';
import { readSettings as readUserSettings } from './user-settings.ts';

// The settings of one identity from one profile of the AWS files. What the kind rejects is reported
// and left out.

type Settings = YamlMap & { readonly kind: string };
type Fields = Readonly<Partial<Record<string, string>>>;

/** What opens an identity, as far as its settings depend on it. */
export interface Base extends RoleBase {
  readonly mfaArn?: string;
}

/** Undefined without a valid account and role, which is reported. */
export function permissionSetOf(
  profile: ProfileReader,
  { name: provider, region: portalRegion }: ImportedPortal,
): Settings | undefined {
  const keys = { name: 'sso_role_name', id: 'sso_account_id', region: 'region' };
  const missing = [keys.name, keys.id].find((key) => !profile.has(key));
  if (missing !== undefined) return profile.reject(missing, 'is missing');
  const given = withoutAbsent({
    name: profile.get(keys.name),
    id: profile.get(keys.id),
    region: profile.get(keys.region),
  });
  const principalOf = ({ name, id, region }: Fields) =>
    withoutAbsent({ name, account: withoutAbsent({ id }), region });
  const base = { name: provider, ...withoutAbsent({ partition: partitionOf(portalRegion) }) };
  const fields = accepted(given, keys, profile, (some) =>
    readPermissionSet(identityWith(profile, { principal: principalOf(some) }), base),
  );
  if (fields?.['name'] === undefined || fields['id'] === undefined) return undefined;
  return { kind: 'aws/permission-set', via: { provider }, principal: principalOf(fields) };
}

/** The key itself stays in the AWS files. */
export function userOf(profile: ProfileReader, device: string | undefined): Settings {
  profile.cover('aws_access_key_id', 'aws_secret_access_key');
  const given = withoutAbsent({ mfa_arn: device, region: profile.get('region') });
  const keys = { mfa_arn: 'mfa_serial', region: 'region' };
  const credentials = accepted(given, keys, profile, (fields) =>
    readUserSettings(identityWith(profile, { credentials: fields })),
  );
  const isEmpty = credentials === undefined || Object.keys(credentials).length === 0;
  return { kind: 'aws/user', ...(isEmpty ? {} : { credentials }) };
}

export function processOf(profile: ProfileReader, command: string): Settings {
  // The AWS CLI splits the command into words and runs it without a shell.
  if (/[$`;&|<>*?()~#]/.test(command)) {
    const reason = 'contains characters that the shell interprets here, but not for the AWS CLI';
    profile.reject('credential_process', `${reason}: check it`);
  }
  const region = regionOf(profile);
  const principal = region === undefined ? {} : { principal: { region } };
  return { kind: 'aws/credential-process', ...principal, spec: { command } };
}

function regionOf(profile: ProfileReader): string | undefined {
  const region = profile.get('region');
  if (region === undefined || isAwsRegion(region)) return region;
  return profile.reject('region', 'is not the name of an AWS region');
}

/** Undefined if the role cannot be opened with the base, which is reported. */
export function roleOf(profile: ProfileReader, via: YamlMap, base: Base): Settings | undefined {
  const given = withoutAbsent({
    assume_role: profile.get('role_arn'),
    session_name: profile.get('role_session_name'),
    external_id: profile.get('external_id'),
    duration: durationOf(profile),
    region: profile.get('region'),
    mfa_arn: deviceOf(profile, base),
  });
  const keys = {
    assume_role: 'role_arn',
    session_name: 'role_session_name',
    external_id: 'external_id',
    duration: 'duration_seconds',
    region: 'region',
    mfa_arn: 'mfa_serial',
  };
  const principal = accepted(given, keys, profile, (fields) =>
    readRoleSettings(identityWith(profile, { principal: fields }), base),
  );
  if (principal?.['assume_role'] === undefined) return undefined;
  return { kind: 'aws/assume-role', via, principal };
}

/** `1h`, `90m`, `900s` */
function durationOf(profile: ProfileReader): string | undefined {
  const text = profile.get('duration_seconds');
  if (text === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds === 0) {
    return profile.reject('duration_seconds', 'is not a number of seconds');
  }
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** A session that was opened with a code of the same device needs no second one. */
function deviceOf(profile: ProfileReader, { mfaArn }: Base): string | undefined {
  const device = profile.get('mfa_serial');
  return device === mfaArn ? undefined : device;
}

/** Without one of them there is no identity. */
const required = ['assume_role', 'name', 'id'];

/**
 * The fields that the kind accepts. Each other one is reported and left out.
 *
 * @param keys the settings of the profile by field
 * @param check throws a `ConfigurationError`
 * @returns undefined if they cannot be accepted without a field that is missing
 */
function accepted(
  given: Fields,
  keys: Readonly<Record<string, string>>,
  profile: ProfileReader,
  check: (fields: Readonly<Record<string, string>>) => unknown,
): Readonly<Record<string, string>> | undefined {
  let fields = textsOf(given);
  // Each round removes a field.
  for (;;) {
    const problems = problemsOf(() => check(fields));
    if (problems.length === 0) return fields;
    const rejected = new Map(problems.map(({ path, message }) => [path.at(-1) ?? '', message]));
    for (const [field, message] of rejected) profile.reject(keys[field] ?? field, message);
    const rest = Object.entries(fields).filter(([field]) => !rejected.has(field));
    if (rest.length === Object.keys(fields).length) return undefined;
    fields = Object.fromEntries(rest);
    if (required.some((field) => rejected.has(field))) return undefined;
  }
}

function textsOf(given: Fields): Record<string, string> {
  const entries = Object.entries(given);
  return Object.fromEntries(
    entries.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const])),
  );
}

function problemsOf(check: () => unknown): readonly LinkProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

function identityWith(
  { name, title }: ProfileReader,
  parts: Partial<Pick<Identity, 'principal' | 'credentials'>>,
): Identity {
  return {
    name,
    kind: '',
    isDefault: false,
    principal: {},
    spec: {},
    credentials: {},
    session: {},
    env: [],
    locate: () => title,
    ...parts,
  };
}

/** The device of the credentials that the settings make, for roles that are opened with them. */
export function deviceIn({ credentials }: Settings): string | undefined {
  const device = isObject(credentials) ? credentials['mfa_arn'] : undefined;
  return typeof device === 'string' ? device : undefined;
}
