import { planTrusted } from '../auth/context.ts';
import type { Config } from '../config/config.ts';
import { requireTrust } from '../config/trust.ts';
import type { Route } from '../clouds/contract.ts';
import { isAtmosError } from '../core/errors.ts';
import { placeholder, setVariable, type Hint } from '../core/hint.ts';
import { quote } from '../core/json.ts';
import { titleOf } from '../core/kind-config.ts';
import type { Host } from '../host/host.ts';
import { ok, warning, type Finding } from '../keyring/inspection.ts';

/** How requests of identities reach one endpoint. */
export interface ExaminedRoute extends Pick<Route, 'endpoint' | 'proxy' | 'certificates'> {
  /** The identities and providers that use it. */
  readonly names: readonly string[];
  /** The issuer of its certificate. Absent offline, without TLS or without a connection. */
  readonly issuer?: string;
  readonly finding: Finding;
}

export interface ExaminedNetwork {
  readonly routes: readonly ExaminedRoute[];
  /**
   * The identities and providers that are not trusted, or whose chain is broken: `identity dev`. `auth
   * validate` says why.
   */
  readonly leftOut: readonly string[];
}

const meetTimeoutMs = 3_000;

export interface NetworkOptions {
  /** Whether to connect to each endpoint, for at most 3 seconds and without sending anything. */
  readonly isOnline: boolean;
  /** The names of the identities with a sign-in that is kept. */
  readonly signedIn: readonly string[];
}

/** Examines how requests of the configured identities reach their services: one route for each endpoint. */
export async function examineNetwork(
  config: Config,
  host: Host,
  { isOnline, signedIn }: NetworkOptions,
): Promise<ExaminedNetwork> {
  const routes = new Map<string, { readonly route: Route; readonly names: Set<string> }>();
  const { found, leftOut } = await routesOf(config, host, signedIn);
  for (const [name, route] of found) {
    const known = routes.get(route.endpoint) ?? { route, names: new Set() };
    known.names.add(name);
    routes.set(route.endpoint, known);
  }
  const examined = [...routes.values()].map(({ route, names }) =>
    examineRoute(route, [...names], isOnline),
  );
  return { routes: await Promise.all(examined), leftOut };
}

interface FoundRoutes {
  readonly found: readonly (readonly [name: string, route: Route])[];
  readonly leftOut: readonly string[];
}

async function routesOf(
  config: Config,
  host: Host,
  signedIn: readonly string[],
): Promise<FoundRoutes> {
  const context = {
    host,
    configured: config,
    requireTrust: (need: Parameters<typeof requireTrust>[1]) => requireTrust(config, need, host),
  };
  const found: [string, Route][] = [];
  const leftOut: string[] = [];
  for (const link of [...config.providers, ...config.identities]) {
    try {
      const { plan } = (await planTrusted(context, link)).target;
      const route = await plan.route?.(host);
      if (route !== undefined) found.push([plan.name, route]);
      const signsIn = plan.mayAsk?.includes('browser') || signedIn.includes(plan.name);
      const ofSignIn = signsIn ? await plan.signInRoute?.(host) : undefined;
      if (ofSignIn !== undefined) found.push([plan.name, ofSignIn]);
    } catch (error) {
      if (!isAtmosError(error)) throw error;
      leftOut.push(titleOf(link));
    }
  }
  return { found, leftOut };
}

async function examineRoute(
  { endpoint, proxy, certificates, fault, meet }: Route,
  names: readonly string[],
  isOnline: boolean,
): Promise<ExaminedRoute> {
  const known = {
    endpoint,
    names,
    ...(proxy && { proxy }),
    ...(certificates && { certificates }),
  };
  if (fault !== undefined) {
    return {
      ...known,
      finding: warning('network', `${endpoint}: ${fault.message}`, ...fault.hintValues),
    };
  }
  const way = [
    proxy === undefined ? 'no proxy' : `proxy ${proxy.url} (${proxy.variable})`,
    describeCertificates(endpoint, certificates),
  ];
  const met = isOnline ? await meet?.(meetTimeoutMs) : undefined;
  const { issuer, failure } = met ?? {};
  const said = [
    ...way,
    ...(issuer === undefined ? [] : [`certificate issued by ${quote(issuer)}`]),
  ];
  const message = `${endpoint}: ${said.join(', ')}`;
  const finding =
    failure === undefined
      ? ok('network', message)
      : warning('network', `${message}: ${failure}`, ...trustHints(issuer));
  return { ...known, finding, ...(issuer === undefined ? {} : { issuer }) };
}

function describeCertificates(endpoint: string, certificates: Route['certificates']): string {
  if (!endpoint.startsWith('https:')) return 'no TLS';
  return certificates === undefined
    ? 'certificates of Node and the system'
    : `certificates of ${certificates.source} (${quote(certificates.value)})`;
}

/** @param issuer of a certificate that is not trusted */
function trustHints(issuer: string | undefined): Hint[] {
  if (issuer === undefined) return [];
  const file = placeholder(`a PEM file with the certificate of ${issuer}`);
  return [setVariable('AWS_CA_BUNDLE', file, 'if this is the proxy of your company')];
}
