import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { isMap } from '../../core/validate.ts';
import type { IdentityKind, LinkPlan, PlanContext, PlannedSetting } from '../contract.ts';
import { endpointTrustNeeds } from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting, endpointVariant } from './endpoint-variables.ts';
import {
  accountPath,
  readPermissionSet,
  schemas,
  type PermissionSet,
} from './permission-set-settings.ts';
import { partitionOf } from './regions.ts';
import { plannedAt, shownAt } from './shown-values.ts';
import { portalOf, regionalEndpoint, type SsoTarget } from './sso-endpoint.ts';

/**
 * `aws/permission-set`: a session of a permission set in an account, opened with the token of a portal
 * of IAM Identity Center.
 */
export const awsPermissionSet: IdentityKind = {
  rootName: 'aws-permission-set',
  takes: ['sso'],
  gives: 'aws',
  schemas,
  accountOf,
  trustNeeds: (identity) => endpointTrustNeeds(identity),
  plan,
};

/** The id if it is configured, else the name, unless a tag of the configuration produced it. */
function accountOf({ principal, tagAt }: Identity): string | undefined {
  const { account } = principal;
  if (!isMap(account)) return undefined;
  const key = account['id'] ? 'id' : 'name';
  const value = account[key];
  if (typeof value !== 'string' || value === '') return undefined;
  return tagAt?.([...accountPath, key]) === undefined ? value : undefined;
}

function plan(identity: Identity, { base, env }: PlanContext): LinkPlan {
  const { name, kind } = identity;
  const { endpoint, ...settings } = readPermissionSet(identity, base);
  const portal = portalOf(base);
  const region = settings.region ?? base?.region;
  const regionPath = ['principal', 'region'];
  const shownRegion = shownAt(identity, regionPath, settings.region) ?? base?.shownRegion;
  const sts = chooseEndpoint(endpoint, env);
  const { role, account } = settings;
  /** A broken link before it is reported, and nothing is opened. */
  const planned = (): PermissionSet => {
    if (portal === undefined || region === undefined) throw new TypeError('there is no portal');
    return { identity, role, account, region, portal, sts, ...withoutAbsent({ shownRegion }) };
  };
  return {
    name,
    kind,
    gives: 'aws',
    slot: 'own',
    origin: 'role',
    storedKey: 'none',
    mayAsk: [],
    fingerprint: {
      'principal.name': plannedAt(identity, ['principal', 'name'], role),
      ...('id' in account
        ? { 'principal.account.id': plannedAt(identity, [...accountPath, 'id'], account.id) }
        : {
            'principal.account.name': plannedAt(identity, [...accountPath, 'name'], account.name),
          }),
      'endpoint of the portal': plannedEndpoint(portal),
    },
    ...withoutAbsent({ region, shownRegion, partition: partitionOf(portal?.region ?? '') }),
    open: async (context) => (await loadSession()).open(planned(), context),
    whoIs: async (credentials, context) =>
      (await loadSession()).whoIs(planned(), credentials, context),
    ...(portal !== undefined && {
      route: async (host) => {
        const { routeTo } = await import('./route.ts');
        const chosen = portal.endpoints.sso;
        const variant = endpointVariant(chosen, host.env);
        return routeTo(chosen, () => regionalEndpoint('sso', portal.region, variant), host);
      },
    }),
  };
}

function plannedEndpoint(portal: SsoTarget | undefined): PlannedSetting {
  if (portal === undefined) return { value: null };
  const { endpoints, shownEndpoint } = portal;
  return { ...endpointSetting({}, endpoints.sso), ...withoutAbsent({ shown: shownEndpoint }) };
}

/** Loaded lazily, because a stored session does not need it. */
const loadSession = () => import('./permission-set-session.ts');
