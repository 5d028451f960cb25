import type { LinkPlan } from '../contract.ts';
import {
  endpointVariant,
  type ChosenEndpoint,
  type EndpointVariant,
} from './endpoint-variables.ts';
import { domainsOf, partitionOf } from './regions.ts';

/** The services of IAM Identity Center: the portal, and the sign-in by OpenID Connect. */
export type SsoService = 'sso' | 'sso-oidc';

/** A portal of IAM Identity Center, where its requests go, and how messages name it. */
export interface SsoTarget {
  /** Of the provider: `provider corp`. */
  readonly named: string;
  /** Normalized, or `<value of !env PORTAL>`. */
  readonly shownStartUrl: string;
  readonly region: string;
  /** Replaces the region in logs and messages. */
  readonly shownRegion?: string;
  readonly endpoints: Readonly<Record<SsoService, ChosenEndpoint>>;
  /** Replaces an endpoint that a tag of the configuration produced. */
  readonly shownEndpoint?: string;
}

/** The plan of a provider of this kind, with what identities need to call its portal. */
export interface SsoPlan extends LinkPlan {
  readonly portal: SsoTarget;
}

/** The portal of the provider that the plan is of. Undefined for another kind. */
export function portalOf(plan: LinkPlan | undefined): SsoTarget | undefined {
  return plan !== undefined && isSsoPlan(plan) ? plan.portal : undefined;
}

function isSsoPlan(plan: LinkPlan): plan is SsoPlan {
  return 'portal' in plan;
}

const prefixes: Readonly<Record<SsoService, string>> = { sso: 'portal.sso', 'sso-oidc': 'oidc' };

/** Where requests to a service go. The endpoint of a variable must have been checked. */
export function endpointOf(
  service: SsoService,
  { region, endpoints }: Pick<SsoTarget, 'region' | 'endpoints'>,
  env: Readonly<Record<string, string | undefined>>,
): URL {
  const chosen = endpoints[service];
  const { endpoint } = chosen;
  return endpoint === undefined
    ? regionalEndpoint(service, region, endpointVariant(chosen, env))
    : new URL(endpoint);
}

/** The endpoint of AWS, by the rules of the AWS SDKs. In GovCloud the usual one is that for FIPS. */
export function regionalEndpoint(
  service: SsoService,
  region: string,
  { useFips, useDualstack }: EndpointVariant,
): URL {
  const { domain, dualStackDomain } = domainsOf(region);
  const isFipsAlready = partitionOf(region) === 'aws-us-gov' && !useDualstack;
  const fips = useFips && !isFipsAlready ? '-fips' : '';
  return new URL(
    `https://${prefixes[service]}${fips}.${region}.${useDualstack ? dualStackDomain : domain}`,
  );
}
