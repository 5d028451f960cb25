import { AtmosError } from '../../core/errors.ts';
import { say, unsetVariable } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import { isLoopback } from './endpoint.ts';

type Environment = Host['env'];

/** Where a request goes. */
export interface Destination {
  readonly region: string;
  /** Undefined: the endpoint of AWS for the region. */
  readonly endpoint: string | undefined;
}

/**
 * Refuses a request to the public AWS where a variable of the AWS SDKs says that it goes elsewhere. An
 * identity that names its endpoint is not affected: for the SDKs too that wins over the variables.
 *
 * @param identity its name
 * @throws ERR_CONFIG_INVALID
 */
export function requireFollowed(
  { region, endpoint }: Destination,
  identity: string,
  env: Environment,
): void {
  if (endpoint !== undefined) return;
  const name = endpointVariables.find((one) => isSet(env, one));
  if (name !== undefined && !isTrue(env, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) {
    throw notFollowed(
      name,
      identity,
      `the endpoint of AWS STS, such as https://sts.${region}.amazonaws.com`,
    );
  }
  if (isTrue(env, 'AWS_USE_FIPS_ENDPOINT')) {
    throw notFollowed(
      'AWS_USE_FIPS_ENDPOINT',
      identity,
      'a FIPS endpoint of AWS STS, such as https://sts-fips.us-east-1.amazonaws.com',
    );
  }
}

const endpointVariables = ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL'];

function notFollowed(variable: string, identity: string, endpoint: string): AtmosError {
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `${variable} is set, which this version does not follow: a request of identity ${identity} would go to another endpoint of AWS`,
    {
      hints: [
        say(`set spec.endpoint_url of identity ${identity} to ${endpoint}`),
        unsetVariable(variable),
      ],
    },
  );
}

/** A variable that is set and would count for a request, and what happens instead. */
export interface Unfollowed {
  readonly name: string;
  readonly consequence: string;
}

/**
 * The variables that are set, would count for this request, and are not followed. A request to this
 * machine goes through no proxy in any case.
 */
export function unfollowedVariables(destination: Destination, env: Environment): Unfollowed[] {
  const { protocol, hostname } = urlOf(destination);
  const proxy =
    isLoopback(hostname) || isWithoutProxy(hostname, env) ? undefined : proxyOf(protocol, env);
  const found: Unfollowed[] = [];
  if (proxy !== undefined)
    found.push({ name: proxy, consequence: 'calls to AWS go through no proxy' });
  if (protocol === 'https:' && isSet(env, 'AWS_CA_BUNDLE')) {
    const consequence = 'certificates are checked by those of Node and of NODE_EXTRA_CA_CERTS';
    found.push({ name: 'AWS_CA_BUNDLE', consequence });
  }
  if (destination.endpoint === undefined && isTrue(env, 'AWS_USE_DUALSTACK_ENDPOINT')) {
    const consequence = 'the endpoint of AWS STS is the one for IPv4';
    found.push({ name: 'AWS_USE_DUALSTACK_ENDPOINT', consequence });
  }
  return found;
}

/** One warning for all of them, or undefined for none. */
export function unfollowedWarning(variables: readonly Unfollowed[]): string | undefined {
  if (variables.length === 0) return undefined;
  const each = variables.map(({ name, consequence }) => `${name} (${consequence})`);
  return `this version does not follow ${each.join(', ')}`;
}

function urlOf({ region, endpoint }: Destination): URL {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return new URL(endpoint ?? `https://sts.${region}.${domain}`);
}

function proxyOf(protocol: string, env: Environment): string | undefined {
  const own = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const names = [own, 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  return names.find((name) => isSet(env, name));
}

/** As curl reads `NO_PROXY`: hosts and domains with commas between, or `*`. */
function isWithoutProxy(hostname: string, env: Environment): boolean {
  const list = env['NO_PROXY'] ?? env['no_proxy'] ?? '';
  const entries = list.split(/[\s,]+/).map((entry) => entry.replace(/^\*?\./, '').toLowerCase());
  return entries.some(
    (entry) => entry === '*' || (entry !== '' && `.${hostname}`.endsWith(`.${entry}`)),
  );
}

function isSet(env: Environment, name: string): boolean {
  return (env[name] ?? '') !== '';
}

function isTrue(env: Environment, name: string): boolean {
  return env[name]?.toLowerCase() === 'true';
}
