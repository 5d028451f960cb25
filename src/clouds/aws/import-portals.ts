import { ConfigurationError } from '../../core/configuration-error.ts';
import type { ExistingLinks, ImportedLink } from '../../core/imported-config.ts';
import { withoutAbsent } from '../../core/json.ts';
import { isSameName } from '../../core/names.ts';
import { splitWords, type IniSection } from './ini.ts';
import { readCenterSettings } from './identity-center-settings.ts';
import { createNames, nameFault, type ProfileReader, type Report } from './import-profile.ts';
import { isAwsPage, normalizeStartUrl } from './start-url.ts';

// The portals of IAM Identity Center in the AWS files: one provider for each start URL and region.

const portalKind = 'aws/iam-identity-center';

export interface Portals {
  readonly providers: readonly ImportedLink[];
  /** The provider for a profile that signs in. Undefined if it is missing, which is reported. */
  providerOf(profile: ProfileReader): ImportedPortal | undefined;
}

/** A provider of a portal. */
export interface ImportedPortal {
  readonly name: string;
  readonly region: string;
}

interface Portal {
  readonly startUrl: string;
  readonly region: string;
}

/** @param sections of the AWS config file */
export function createPortals(
  sections: readonly IniSection[],
  existing: ExistingLinks['providers'],
  report: Report,
): Portals {
  const providers: ImportedLink[] = [];
  // By start URL and region. Undefined: another provider has the name, which is reported.
  const nameOf = new Map<string, string | undefined>();
  const sessions = new Map<string, Portal | undefined>();
  const idOf = ({ startUrl, region }: Portal) => `${startUrl} ${region}`;

  function add(portal: Portal, from: string, newName: () => string): string | undefined {
    const id = idOf(portal);
    const same = existing.find((one) => idOf(existingPortal(one)) === id);
    const wanted = same?.name ?? newName();
    const other = existing.find((one) => one !== same && isSameName(one.name, wanted));
    if (other !== undefined) {
      nameOf.set(id, undefined);
      const reason = `becomes the provider ${wanted}, but the configuration has a provider ${other.name} with other settings`;
      report({ from, reason });
      return undefined;
    }
    const settings = { kind: portalKind, start_url: portal.startUrl, region: portal.region };
    const foreignPage = isAwsPage(new URL(portal.startUrl)) ? undefined : portal.startUrl;
    const state = same === undefined ? 'new' : 'exists';
    providers.push({ name: wanted, settings, from, state, ...withoutAbsent({ foreignPage }) });
    nameOf.set(id, wanted);
    return wanted;
  }

  const ownName = createNames();
  for (const section of sections) {
    const name = sessionName(section.name);
    if (name === undefined) continue;
    const from = `sso-session ${name}`;
    const fault = nameFault(name);
    if (fault !== undefined) {
      report({ from, reason: fault });
      continue;
    }
    const get = (key: string) => section.settings.get(key)?.value || undefined;
    const portal = readPortal({ url: get('sso_start_url'), region: get('sso_region') }, (problem) =>
      report({ from, ...problem }),
    );
    sessions.set(name, portal);
    reportScopes(from, get('sso_registration_scopes'), report);
    if (portal === undefined) continue;
    const id = idOf(portal);
    if (!nameOf.has(id)) {
      const added = add(portal, from, () => ownName(name));
      if (
        added !== undefined &&
        !isSameName(added, name) &&
        !existing.some((one) => one.name === added)
      )
        report({
          from,
          reason: `becomes the provider ${added}, because atmos.yaml does not distinguish its name from that of another session`,
        });
    } else if (!providers.some((one) => one.from === from)) {
      const reason = `is the same portal as provider ${nameOf.get(id) ?? name}, which its profiles use`;
      report({ from, reason });
    }
  }
  const legacyName = createNames([
    ...existing.map(({ name }) => name),
    ...providers.map(({ name }) => name),
  ]);
  return {
    providers,
    providerOf(profile) {
      const portal = portalOf(profile, sessions, report);
      if (portal === undefined) return undefined;
      const id = idOf(portal);
      const name = nameOf.has(id)
        ? nameOf.get(id)
        : add(portal, profile.title, () => legacyName(portalLabel(portal.startUrl)));
      if (name !== undefined) return { name, region: portal.region };
      report({ from: profile.title, reason: 'signs in at a portal that has no provider' });
      return undefined;
    },
  };
}

/** The name in `[sso-session NAME]`. */
export function sessionName(section: string): string | undefined {
  if (!section.startsWith('sso-session')) return undefined;
  const words = splitWords(section);
  return words?.length === 2 && words[0] === 'sso-session' ? words[1] : undefined;
}

function existingPortal({ kind, settings }: ExistingLinks['providers'][number]): Portal {
  const text = (key: string) => (typeof settings[key] === 'string' ? settings[key] : '');
  const startUrl = kind === portalKind ? normalizeStartUrl(text('start_url')) : undefined;
  return { startUrl: startUrl ?? '', region: text('region') };
}

/** The part of the host that tells portals apart: `d-1234567890`. */
function portalLabel(startUrl: string): string {
  const { hostname } = new URL(startUrl);
  return /^[\d.]+$|^\[/.test(hostname) ? hostname : (hostname.split('.')[0] ?? hostname);
}

function portalOf(
  profile: ProfileReader,
  sessions: ReadonlyMap<string, Portal | undefined>,
  report: Report,
): Portal | undefined {
  const session = profile.get('sso_session');
  if (session === undefined) {
    reportScopes(profile.title, profile.get('sso_registration_scopes'), report);
    const given = { url: profile.get('sso_start_url'), region: profile.get('sso_region') };
    return readPortal(given, (problem) => report({ from: profile.title, ...problem }));
  }
  const portal = sessions.get(session);
  if (portal === undefined) {
    const why = sessions.has(session) ? 'cannot be imported' : 'does not exist';
    return profile.reject('sso_session', `names [sso-session ${session}], which ${why}`);
  }
  // The AWS CLI accepts them beside the session if they say the same.
  const url = profile.get('sso_start_url');
  const region = profile.get('sso_region');
  if (url !== undefined && normalizeStartUrl(url) !== portal.startUrl)
    profile.reject('sso_start_url', `differs from that of [sso-session ${session}], which is used`);
  if (region !== undefined && region !== portal.region)
    profile.reject('sso_region', `differs from that of [sso-session ${session}], which is used`);
  return portal;
}

function readPortal(
  { url, region }: { readonly url: string | undefined; readonly region: string | undefined },
  complain: (problem: { key: string; reason: string }) => void,
): Portal | undefined {
  const keys = { start_url: 'sso_start_url', region: 'sso_region' };
  if (url === undefined) complain({ key: keys.start_url, reason: 'is missing' });
  if (region === undefined) complain({ key: keys.region, reason: 'is missing' });
  if (url === undefined || region === undefined) return undefined;
  const settings = { start_url: url, region };
  try {
    const { startUrl } = readCenterSettings({
      name: '',
      kind: portalKind,
      settings,
      locate: () => '',
      tagAt: () => undefined,
      besideFile: (said) => said,
    });
    return { startUrl, region };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { path, message } of error.problems) {
      complain({ key: path[0] === 'region' ? keys.region : keys.start_url, reason: message });
    }
    return undefined;
  }
}

/** The one scope that reading accounts and roles needs. */
const defaultScope = 'sso:account:access';

function reportScopes(from: string, scopes: string | undefined, report: Report): void {
  if (scopes === undefined || scopes === defaultScope) return;
  const reason = `has no equivalent in atmos.yaml, where it is always ${defaultScope}`;
  report({ from, key: 'sso_registration_scopes', reason });
}
