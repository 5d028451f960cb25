import {
  endpointVariant,
  type ChosenEndpoint,
  type EndpointVariant,
} from './endpoint-variables.ts';
import { hostPrefixes } from './endpoint.ts';
import { partitionOf } from './regions.ts';
import { serviceDomains } from './sso-endpoint.ts';

/** AWS Sign-In for an identity, where its requests go, and how messages name it. */
export interface SigninTarget {
  /** `identity dev` */
  readonly named: string;
  readonly region: string;
  /** Replaces the region in logs and messages. */
  readonly shownRegion?: string;
  readonly endpoint: ChosenEndpoint;
}

/** Where requests go. The endpoint of a variable must have been checked. */
export function signinEndpoint(
  { region, endpoint }: Pick<SigninTarget, 'region' | 'endpoint'>,
  env: Readonly<Record<string, string | undefined>>,
): URL {
  return endpoint.endpoint === undefined
    ? regionalSignin(region, endpointVariant(endpoint, env))
    : new URL(endpoint.endpoint);
}

/** The partitions whose sign-in has a domain of its own. */
const domains: Readonly<Record<string, string>> = {
  aws: 'signin.aws.amazon.com',
  'aws-cn': 'signin.amazonaws.cn',
  'aws-us-gov': 'signin.amazonaws-us-gov.com',
  'aws-eusc': 'signin.amazonaws-eusc.eu',
};

/** The endpoint of AWS, by the rules of the AWS SDKs: an unknown region is in the partition `aws`. */
export function regionalSignin(region: string, { useFips, useDualstack }: EndpointVariant): URL {
  const partition = partitionOf(region) ?? 'aws';
  const own = domains[partition];
  if (own !== undefined && !useFips && !useDualstack) return new URL(`https://${region}.${own}`);
  const [domain, dualStack] = serviceDomains(partition);
  const host = `${hostPrefixes.signin}${useFips ? '-fips' : ''}.${region}`;
  return new URL(`https://${host}.${useDualstack ? dualStack : domain}`);
}
