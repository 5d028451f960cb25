// Requests to the services of IAM Identity Center. Knows their errors, and none of their operations.

import { say } from '../../core/hint.ts';
import type { OpenContext } from '../contract.ts';
import { checkEndpointVariable } from './endpoint-variables.ts';
import {
  ServiceRefusal,
  withJsonService,
  type JsonConnection,
  type RefusingAnswer,
} from './json-service.ts';
import { saidWithout } from './said.ts';
import { endpointOf, type SsoService, type SsoTarget } from './sso-endpoint.ts';

/** About 20 calls in a second are allowed for a portal, which many processes may share. */
const maxAttempts = 6;

export type SsoContext = Pick<
  OpenContext,
  'host' | 'timeoutMs' | 'clockOffsetMs' | 'pace' | 'random'
>;

/**
 * Connects to a service for one use.
 *
 * @throws ERR_CONFIG_INVALID for a variable of the AWS SDKs whose endpoint cannot be used; what `use` throws
 */
export async function withSsoService<T>(
  service: SsoService,
  target: SsoTarget,
  context: SsoContext,
  use: (connection: JsonConnection) => Promise<T>,
): Promise<T> {
  const { env } = context.host;
  checkEndpointVariable(target.endpoints[service], env);
  const { shownEndpoint, shownRegion, region, named } = target;
  const isHidden = shownEndpoint !== undefined || shownRegion !== undefined;
  const title = 'IAM Identity Center';
  const json = {
    service,
    title,
    waitTitle: waitTitles[service],
    endpoint: endpointOf(service, target, env),
    endpointSetting: target.endpoints[service].endpointVariable ?? `spec.endpoint_url of ${named}`,
    hidden: isHidden ? (shownEndpoint ?? title) : undefined,
    shownRegion: shownRegion ?? region,
    maxAttempts,
    refusalOf: (answer: RefusingAnswer) => refusalOf(service, named, answer),
  };
  return withJsonService(json, context, use);
}

const waitTitles: Readonly<Record<SsoService, string>> = {
  sso: 'the portal of IAM Identity Center',
  'sso-oidc': 'IAM Identity Center',
};

function refusalOf(service: SsoService, named: string, answer: RefusingAnswer): ServiceRefusal {
  const { call, status, headers, body, shownEndpoint } = answer;
  const reason = reasonIn(headers, body);
  const text = [body['error_description'], body['message']].find((one) => typeof one === 'string');
  const said = saidWithout(call.secrets, typeof text === 'string' ? text : '');
  const isThrottle = status === 429 || throttles.includes(reason);
  const refused = { ...answer, reason, said, isThrottle };
  const described = `${reason}, status ${status}${said === '' ? '' : `: ${said}`}`;
  const operation = `${service}:${call.action}`;
  if (isThrottle) {
    const message = `${shownEndpoint} has too many calls of ${operation} (${described})`;
    const wait = say('wait a minute, then run the command again');
    return new ServiceRefusal('ERR_AWS', refused, message, [wait]);
  }
  // The token is the base of everything that a portal gives.
  if (service === 'sso' && status === 401) {
    const message = `the portal does not accept the token of ${named}: ${described}`;
    return new ServiceRefusal('ERR_AUTH_BASE_REFUSED', refused, message);
  }
  const message = `${operation} failed: ${described}`;
  const isOfPortal = service === 'sso-oidc' && reason === 'InvalidRequestException';
  const hints = isOfPortal ? [say(`check start_url and region of ${named}`)] : [];
  return new ServiceRefusal('ERR_AWS', refused, message, hints);
}

/** RegisterClient and StartDeviceAuthorization say SlowDown if there are too many calls. */
const throttles = ['SlowDownException', 'TooManyRequestsException'];

/**
 * The classes of errors in the API models, and of the services in front of them. What a service names
 * otherwise is not shown: it may repeat a secret there.
 */
const reasons: ReadonlySet<string> = new Set(
  [
    'AccessDenied AuthorizationPending ExpiredToken InternalServer InvalidClient InvalidClientMetadata',
    'InvalidGrant InvalidRedirectUri InvalidRequest InvalidRequestRegion InvalidScope SlowDown',
    'UnauthorizedClient UnsupportedGrantType',
    'Forbidden ResourceNotFound TooManyRequests Unauthorized',
    'MissingAuthenticationToken ServiceUnavailable Throttling UnknownOperation Validation',
  ]
    .flatMap((names) => names.split(' '))
    .map((name) => `${name}Exception`),
);

/** The class of an error, which a header has; else made from the code of OAuth: `invalid_grant`. */
function reasonIn(
  headers: Readonly<Record<string, string>>,
  body: Readonly<Record<string, unknown>>,
): string {
  const named = /^\w{1,80}/.exec(headers['x-amzn-errortype'] ?? '')?.[0];
  const code = typeof body['error'] === 'string' ? body['error'] : '';
  const words = code.split('_').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const reason = named ?? `${words.join('')}Exception`;
  return reasons.has(reason) ? reason : 'unknown error';
}
