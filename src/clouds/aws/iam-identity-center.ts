import { isMap } from '../../core/validate.ts';
import { showForConsent, valueOf, withoutAbsent } from '../../core/json.ts';
import { titleOf, type Provider, type TrustNeed } from '../../core/kind-config.ts';
import { sha1 } from '../../core/sha256.ts';
import type { Host } from '../../host/host.ts';
import type {
  Kept,
  PlanContext,
  PlannedSetting,
  ProviderKind,
  TokenFile,
  ToolTokens,
} from '../contract.ts';
import { isLoopback } from '../../core/loopback.ts';
import { endpointTrustNeeds } from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting, endpointVariant } from './endpoint-variables.ts';
import { schema } from './identity-center-schema.ts';
import {
  accepts,
  readCenterSettings,
  type Center,
  type CenterSettings,
} from './identity-center-settings.ts';
import { partitionOf } from './regions.ts';
import { callRate, regionalEndpoint, type SsoPlan } from './sso-endpoint.ts';
import { isAwsPage, normalizeStartUrl } from './start-url.ts';

/**
 * `aws/iam-identity-center`: the token of a person who signed in at a portal of IAM Identity Center. All
 * providers with the same portal share it, also in other realms.
 */
export const awsIamIdentityCenter: ProviderKind = {
  takes: [],
  gives: 'sso',
  schema,
  trustNeeds,
  plan,
};

function trustNeeds(provider: Provider): readonly TrustNeed[] {
  const { settings, tagAt } = provider;
  const needs = [...endpointTrustNeeds(provider, 'tokens', ['sso', 'sso-oidc'])];
  const startUrl = settings['start_url'];
  const normalized = typeof startUrl === 'string' ? normalizeStartUrl(startUrl) : undefined;
  if (normalized !== undefined && !isKnownHost(new URL(normalized))) {
    const path = ['start_url'];
    const shown = showForConsent({ value: normalized, tag: tagAt(path) });
    needs.push({ path, what: `signs in at the portal to which ${shown} leads` });
  }
  const browser = isMap(settings['spec']) ? settings['spec']['browser'] : undefined;
  if (typeof browser === 'string' && browser !== '') {
    const path = ['spec', 'browser'];
    const shown = showForConsent({ value: browser, tag: tagAt(path) });
    needs.push({ path, what: `runs the browser command ${shown}` });
  }
  const share = isMap(settings['spec']) ? settings['spec']['share'] : undefined;
  if (typeof share === 'string' && share !== '') {
    const what = 'writes the token, and what renews it, to ~/.aws/sso/cache in plain text';
    needs.push({ path: ['spec', 'share'], what });
  }
  const forAtmos = isMap(settings['spec']) ? settings['spec']['write_identities_for_atmos'] : false;
  if (String(forAtmos) === 'true') {
    const what =
      'writes identities to a file that is also read in other projects with a provider of this name';
    needs.push({ path: ['spec', 'write_identities_for_atmos'], what });
  }
  return needs;
}

/** Nothing is sent to a start URL on this machine: only the name of the portal is taken from it. */
function isKnownHost(url: URL): boolean {
  return isAwsPage(url) || isLoopback(url.hostname);
}

function plan(provider: Provider, { env }: PlanContext): SsoPlan {
  const { name, kind, tagAt } = provider;
  const settings = readCenterSettings(provider);
  const { startUrl, region, useFips, useDualstack } = settings;
  const shown = (path: readonly string[]) => {
    const tag = tagAt(path);
    return tag === undefined ? undefined : valueOf(tag);
  };
  const shownRegion = shown(['region']);
  const portal = {
    named: titleOf(provider),
    shownStartUrl: shown(['start_url']) ?? startUrl,
    region,
    endpoints: {
      sso: chooseEndpoint(settings, env, 'sso'),
      'sso-oidc': chooseEndpoint(settings, env, 'sso-oidc'),
    },
    ...withoutAbsent({
      shownRegion,
      shownEndpoint: settings.endpointPath === undefined ? undefined : shown(settings.endpointPath),
    }),
  };
  const sts = chooseEndpoint(withoutAbsent({ useFips, useDualstack }), env);
  const center: Center = { provider, settings, portal, sts };
  const { sso, 'sso-oidc': oidc } = portal.endpoints;
  // The file of Atmos does not say where its token came from.
  const isAtAws = sso.endpoint === undefined && oidc.endpoint === undefined;
  const isWithFile = isAtAws && settings.session === undefined;
  const portalEndpoint = sso.endpoint === oidc.endpoint ? {} : sso;
  return {
    name,
    kind,
    gives: 'sso',
    slot: { id: slotId(settings), issuer: startUrl },
    storedKey: 'none',
    mayAsk: ['browser'],
    region,
    portal,
    fingerprint: {
      start_url: planned(startUrl, shown(['start_url'])),
      region: planned(region, shownRegion),
      'spec.session': planned(settings.session, shown(['spec', 'session'])),
      'spec.endpoint_url': endpointSetting(provider, oidc),
      // Only a variable makes it another one.
      'endpoint of the portal': endpointSetting(provider, portalEndpoint),
    },
    ...withoutAbsent({ shownRegion, partition: partitionOf(region) }),
    open: async (context) => (await loadSession()).open(center, context),
    accepts: (kept) => accepts(settings, kept),
    callRate,
    ...(settings.listsIdentities && {
      listIdentities: async (token, context) => {
        if (token.type !== 'sso') throw new TypeError(`a portal does not take ${token.type}`);
        return (await import('./provision.ts')).listIdentities(portal, token, context);
      },
    }),
    ...(isWithFile && { tokenFile: tokenFileOf(provider, region) }),
    // The AWS CLI knows the endpoint of a variable, and not that of this configuration.
    ...(settings.endpoint === undefined && { toolTokens: cliTokensOf(center) }),
    revoke: async (kept, context) => (await loadSession()).revoke(center, kept, context),
    route: async (host) => {
      const { routeTo } = await import('./route.ts');
      const variant = endpointVariant(oidc, host.env);
      return routeTo(oidc, () => regionalEndpoint('sso-oidc', region, variant), host);
    },
  };
}

/** Atmos does not normalize the start URL. */
function tokenFileOf({ settings }: Provider, region: string): TokenFile {
  const portal = { startUrl: String(settings['start_url']), region };
  const load = () => import('./sso-cache.ts');
  return {
    read: async (host) => (await load()).readSharedToken(portal, host),
    write: async (token, host) => (await load()).writeSharedToken(portal, token, host),
  };
}

function cliTokensOf(center: Center): ToolTokens {
  const load = () => import('./shared-token.ts');
  return {
    tool: 'aws-cli',
    read: async (host) => (await load()).unexpiredCliToken(center, host),
    ...(center.settings.isShared && {
      write: async (kept: Kept, host: Host) => (await load()).writeIfNewer(center, kept, host),
    }),
  };
}

/** Loaded lazily, because a stored token does not need it. */
const loadSession = () => import('./identity-center-session.ts');

/**
 * The name under which Atmos keeps the token in a file, if the start URL is written as it is normalized
 * here: without `/` or `#/` at the end. Atmos does not normalize, so it has another file for each spelling.
 */
function slotId({ startUrl, region, session }: CenterSettings): string {
  return sha1([startUrl, region, ...(session === undefined ? [] : [session])].join('|'));
}

function planned(value: string | undefined, shown: string | undefined): PlannedSetting {
  return { value: value ?? null, ...withoutAbsent({ shown }) };
}
