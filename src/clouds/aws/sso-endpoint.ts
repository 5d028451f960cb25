import type { CallRate } from '../../core/pace.ts';
import type { LinkPlan } from '../contract.ts';
import { hostPrefixes } from './endpoint.ts';
import {
  endpointVariant,
  type ChosenEndpoint,
  type EndpointVariant,
} from './endpoint-variables.ts';
import { partitionOf } from './regions.ts';

/** The services of IAM Identity Center: the portal, and the sign-in by OpenID Connect. */
export type SsoService = 'sso' | 'sso-oidc';

/**
 * Of a portal. It allows about 20 calls in a second, which other processes and programs of the person
 * share.
 */
export const callRate: CallRate = { perSecond: 15, burst: 3, maxInFlight: 6 };

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

type Domains = readonly [domain: string, dualStack: string];

const commercial: Domains = ['amazonaws.com', 'api.aws'];

/**
 * The domains of each partition, as in the AWS SDKs: of its services, and of those endpoints that also
 * have an IPv6 address. Not with the regions, which every command loads.
 */
const domains: Readonly<Record<string, Domains>> = {
  aws: commercial,
  'aws-cn': ['amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  'aws-us-gov': ['amazonaws.com', 'api.aws'],
  'aws-iso': ['c2s.ic.gov', 'api.aws.ic.gov'],
  'aws-iso-b': ['sc2s.sgov.gov', 'api.aws.scloud'],
  'aws-iso-e': ['cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  'aws-iso-f': ['csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  'aws-eusc': ['amazonaws.eu', 'api.amazonwebservices.eu'],
};

/** The domains of a partition: of its services, and of those endpoints that also have an IPv6 address. */
export function serviceDomains(partition: string): Domains {
  return domains[partition] ?? commercial;
}

/**
 * The endpoint of AWS, by the rules of the AWS SDKs: an unknown region is in the partition `aws`, and in
 * GovCloud the usual endpoint is that for FIPS.
 */
export function regionalEndpoint(
  service: SsoService,
  region: string,
  { useFips, useDualstack }: EndpointVariant,
): URL {
  const partition = partitionOf(region) ?? 'aws';
  const [domain, dualStack] = serviceDomains(partition);
  const isFipsAlready = partition === 'aws-us-gov' && !useDualstack;
  const fips = useFips && !isFipsAlready ? '-fips' : '';
  const host = `${hostPrefixes[service]}${fips}.${region}`;
  return new URL(`https://${host}.${useDualstack ? dualStack : domain}`);
}
