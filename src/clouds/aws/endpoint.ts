import type { TrustNeed } from '../../core/kind-config.ts';
import { isLoopback } from '../loopback.ts';

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

/**
 * Whether credentials may be sent there without trust: to a service of AWS over https, or to this
 * machine.
 *
 * Every customer can have a name under the domains of AWS (a bucket, an API, a load balancer, an instance).
 * So a host belongs to AWS itself only as `sts.amazonaws.com`, `sts.eu-west-1.amazonaws.com`, or
 * `portal.sso.eu-west-1.amazonaws.com`. Others, such as VPC endpoints, need trust.
 */
export function isTrustedEndpoint(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' && isAwsService(hostname.replace(/\.$/, ''))) return true;
  return (protocol === 'https:' || protocol === 'http:') && isLoopback(hostname);
}

/**
 * What sending requests and codes there does that needs trust: of this machine, only the codes.
 *
 * @param shown how the URL is called where a user is asked to agree
 * @param sends what proves who we are: a signature, or a token, which is sent as it is
 */
export function endpointNeeds(
  url: string,
  shown: string,
  sends: 'signatures' | 'tokens' = 'signatures',
): readonly Omit<TrustNeed, 'path'>[] {
  const isToken = sends === 'tokens';
  if (!isTrustedEndpoint(url)) {
    return [{ what: isToken ? `sends tokens to ${shown}` : `sends signed requests to ${shown}` }];
  }
  if (!isLoopback(new URL(url).hostname)) return [];
  if (isToken) {
    return [{ what: `sends tokens to ${shown}, where any user of this machine can listen` }];
  }
  const what = `sends MFA codes to ${shown}, where any user of this machine can listen`;
  return [{ what, occasion: 'mfa-code' }];
}

function isAwsService(host: string): boolean {
  const domain = awsDomains.find((suffix) => host.endsWith(`.${suffix}`));
  if (domain === undefined) return false;
  const service = host.slice(0, -domain.length - 1);
  return /^((portal\.sso|[a-z0-9-]+)\.[a-z]{2,4}(-[a-z]+)+-\d|[a-z0-9-]+)$/.test(service);
}
