import type { ImportedConfig } from '../../core/imported-config.ts';
import { withoutAbsent } from '../../core/json.ts';
import {
  deviceIn,
  permissionSetOf,
  processOf,
  roleOf,
  userOf,
  type Base,
} from './import-identity.ts';
import type { Links } from './import-links.ts';
import type { Portals } from './import-portals.ts';
import type { ProfileReader, Report } from './import-profile.ts';

// Makes identities of profiles, each after the profile that opens it.

export const portalKeys = ['sso_session', 'sso_start_url', 'sso_account_id', 'sso_role_name'];
const keyKeys = ['aws_access_key_id', 'aws_secret_access_key'];
const sessionKeys = ['aws_session_token', 'aws_security_token'];

export interface Profiles {
  reader(name: string): ProfileReader | undefined;
  /** The name of its identity. Undefined for a profile that cannot have one, which is reported. */
  identityOf(name: string): string | undefined;
  /** A name for an identity that no profile has. */
  newName(wanted: string): string;
}

export interface Chain {
  /** Makes the identity of a profile, once. Undefined if that is impossible, which is reported. */
  make(profile: string): Base | undefined;
  readonly keys: ImportedConfig['keys'];
}

/**
 * As the AWS CLI reads the files (botocore `credentials.py`): a profile with a `role_arn` assumes it;
 * any other signs in at its portal, uses its access key or its process, in this order.
 */
export function createChain(
  { reader, identityOf, newName }: Profiles,
  { links, portals, report }: { links: Links; portals: Portals; report: Report },
): Chain {
  const keys: { profile: string; identity: string }[] = [];
  const made = new Map<string, Base | undefined>();
  // The users of profiles that also assume a role.
  const users = new Map<string, Base | undefined>();
  const opening: string[] = [];
  let ambient: Base | undefined;

  function make(name: string): Base | undefined {
    if (made.has(name)) return made.get(name);
    const [profile, identity] = [reader(name), identityOf(name)];
    if (profile === undefined || identity === undefined) return undefined;
    opening.push(name);
    const base = makeIdentity(profile, identity);
    opening.pop();
    made.set(name, base);
    return base;
  }

  function makeIdentity(profile: ProfileReader, name: string): Base | undefined {
    const { title: from, has } = profile;
    const isWeb = has('web_identity_token_file');
    if (has('role_arn')) return isWeb ? makeWebRole(profile, name) : makeRole(profile, name);
    if (portalKeys.some(has)) {
      const provider = portals.providerOf(profile);
      const settings = provider === undefined ? undefined : permissionSetOf(profile, provider);
      return settings && links.addIdentity({ name, settings, from }, session);
    }
    if (sessionKeys.some(has)) return refuse(from, 'contains a session, which expires');
    if (keyKeys.some(has)) return makeUser(profile, name, profile.get('mfa_serial'));
    const command = profile.get('credential_process');
    if (command === undefined) {
      // The AWS CLI takes the region of [default] for all profiles.
      if (profile.name === 'default' && profile.isOnlyOfTheCli()) return undefined;
      return refuse(from, has('login_session') ? 'signs in with aws login' : 'has no credentials');
    }
    if (/\bauth credential-process\b/.test(command)) {
      return refuse(from, 'gets its credentials from atmos auth already');
    }
    const settings = processOf(profile, command);
    return links.addIdentity({ name, settings, from }, unknown);
  }

  function makeUser(
    profile: ProfileReader,
    name: string,
    device: string | undefined,
  ): Base | undefined {
    const missing = keyKeys.find((key) => !profile.has(key));
    if (missing !== undefined) return profile.reject(missing, 'is missing');
    const settings = userOf(profile, device);
    const mfaArn = deviceIn(settings);
    const base = { gives: 'aws', origin: 'user', ...withoutAbsent({ mfaArn }) } as const;
    const user = links.addIdentity({ name, settings, from: profile.title }, base);
    if (user !== undefined) keys.push({ profile: profile.name, identity: user.name });
    return user;
  }

  function makeRole(profile: ProfileReader, name: string): Base | undefined {
    const [source, place] = [profile.get('source_profile'), profile.get('credential_source')];
    if ((source === undefined) === (place === undefined)) {
      const which = source === undefined ? 'neither' : 'both';
      const reason = `needs either source_profile or credential_source, and the profile has ${which}`;
      return profile.reject('role_arn', reason);
    }
    const base =
      source === undefined ? baseOfPlace(profile, place ?? '') : baseOfProfile(profile, source);
    const settings = base && roleOf(profile, { identity: base.name }, base);
    return settings && links.addIdentity({ name, settings, from: profile.title }, session);
  }

  function baseOfProfile(profile: ProfileReader, source: string): Base | undefined {
    const because = (reason: string): undefined =>
      profile.reject('source_profile', `names profile ${source}, which ${reason}`);
    const other = reader(source);
    if (other === undefined) return because('does not exist');
    // The access key of a profile that assumes a role itself opens the roles of other profiles.
    if (keyKeys.some(other.has) && other.has('role_arn')) {
      const name = identityOf(source);
      if (!users.has(source) && name !== undefined) {
        users.set(source, makeUser(other, newName(`${name}-user`), undefined));
      }
      return users.get(source) ?? because('cannot be imported');
    }
    if (opening.includes(source)) return because('leads back to this profile');
    return make(source) ?? because('cannot be imported');
  }

  function baseOfPlace(profile: ProfileReader, place: string): Base | undefined {
    if (!['Environment', 'Ec2InstanceMetadata', 'EcsContainer'].includes(place)) {
      return profile.reject('credential_source', 'is not one that the AWS CLI knows');
    }
    const kind = 'aws/ambient';
    const link = { settings: { kind }, from: profile.title };
    ambient ??= links.addIdentity({ ...link, name: newName('ambient') }, unknown);
    const reason = `becomes the kind ${kind}, which takes the first credentials that it finds, not only those of ${place}`;
    profile.reject('credential_source', reason);
    return ambient;
  }

  function makeWebRole(profile: ProfileReader, name: string): Base | undefined {
    const { title: from } = profile;
    const key = 'web_identity_token_file';
    const file = profile.get(key) ?? '';
    // Of both systems, because the files may come from another machine.
    if (!/^([/\\]|[A-Za-z]:[/\\])/.test(file)) {
      return profile.reject(key, 'is not an absolute path');
    }
    const settings = roleOf(profile, { provider: name }, { name, gives: 'oidc' });
    const provider = { kind: 'oidc/token', spec: { file } };
    if (settings === undefined || !links.addProvider({ name, settings: provider, from })) return;
    return links.addIdentity({ name, settings, from }, session);
  }

  function refuse(from: string, reason: string): undefined {
    report({ from, reason });
    return undefined;
  }

  return { make, keys };
}

const session = { gives: 'aws', origin: 'role' } as const;
const unknown = { gives: 'aws', origin: 'unknown' } as const;
