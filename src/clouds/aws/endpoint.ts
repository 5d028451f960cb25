import type { TrustNeed } from '../../core/kind-config.ts';
import type { AwsService } from '../../core/variables.ts';
import { isLoopback } from '../../core/loopback.ts';

/** The domains of the AWS partitions. */
const awsDomains = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'api.aws',
  'api.amazonwebservices.com.cn',
  'api.amazonwebservices.eu',
];

/** Whether a text is an http or https URL without user and password. */
export function isPlainUrl(endpoint: string): boolean {
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) return false;
  const { username, password } = new URL(endpoint);
  return username === '' && password === '';
}

/** How the hosts of each service begin. */
export const hostPrefixes: Readonly<Record<AwsService, string>> = {
  sts: 'sts',
  sso: 'portal.sso',
  'sso-oidc': 'oidc',
  signin: 'signin',
};

/**
 * Whether credentials may be sent there without trust: to one of the services over https, or to this
 * machine.
 *
 * Every customer can have a name under the domains of AWS (a bucket, an API, a load balancer, an instance),
 * and other services show what is sent to them: a customer reads the log of a bucket. So only the hosts
 * of the services are accepted: `sts.amazonaws.com`, `sts.eu-west-1.amazonaws.com`, or
 * `portal.sso.eu-west-1.amazonaws.com`. Others, such as VPC endpoints, need trust.
 */
export function isTrustedEndpoint(url: string, services: readonly AwsService[]): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  const { protocol, hostname } = parsed;
  if (isLoopback(hostname)) return protocol === 'https:' || protocol === 'http:';
  return services.some((service) => isHostOf(service, parsed));
}

/**
 * What sending requests and codes there does that needs trust: of this machine, only the codes.
 *
 * @param shown how the URL is called where a user is asked to agree
 * @param sends what proves who we are: a signature, or a token, which is sent as it is
 * @param services to which it is sent
 */
export function endpointNeeds(
  url: string,
  shown: string,
  sends: 'signatures' | 'tokens',
  services: readonly AwsService[],
): readonly Omit<TrustNeed, 'path'>[] {
  const isToken = sends === 'tokens';
  if (!isTrustedEndpoint(url, services)) {
    return [{ what: isToken ? `sends tokens to ${shown}` : `sends signed requests to ${shown}` }];
  }
  if (!isLoopback(new URL(url).hostname)) return [];
  if (isToken) {
    return [{ what: `sends tokens to ${shown}, where any user of this machine can listen` }];
  }
  const what = `sends MFA codes to ${shown}, where any user of this machine can listen`;
  return [{ what, occasion: 'mfa-code' }];
}

function isHostOf(service: AwsService, { href, origin, protocol, port, hostname }: URL): boolean {
  if (protocol !== 'https:' || port !== '' || href !== `${origin}/`) return false;
  const host = hostname.replace(/\.$/, '');
  const domain = awsDomains.find((suffix) => host.endsWith(`.${suffix}`));
  if (domain === undefined) return false;
  const name = host.slice(0, -domain.length - 1);
  if (name === 'sts') return service === 'sts';
  const prefix = hostPrefixes[service];
  const regional = /^(.+?)(-fips)?\.[a-z]{2,4}(-[a-z]+)+-\d+$/;
  return regional.exec(name)?.[1] === prefix;
}
