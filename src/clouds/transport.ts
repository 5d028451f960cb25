import type { IncomingMessage } from 'node:http';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { AtmosError, systemErrorCode } from '../core/errors.ts';
import { say, unsetVariable } from '../core/hint.ts';
import { quote } from '../core/json.ts';
import { systemCertificates } from '../host/certificates.ts';
import type { Host } from '../host/host.ts';
import { readRegularFile } from '../host/read-files.ts';
import { proxyFor, type Proxy } from './proxy.ts';

export interface TransportOptions {
  readonly connectTimeoutMs: number;
  readonly host: Pick<Host, 'env'>;
  /** Default: those of the operating system. */
  readonly systemCertificates?: () => readonly string[];
}

/** How the requests of one client reach AWS. */
export interface Transport {
  /** The `requestHandler` of a client of the AWS SDK. */
  readonly handler: Handler;
  /** Of the last request. Undefined before the first. */
  route(): Route | undefined;
}

/** The way of one request. */
export interface Route {
  readonly proxy: Proxy | undefined;
  /** The file of `AWS_CA_BUNDLE`: its certificates are trusted, and no others. */
  readonly bundle: string | undefined;
  /** The status with which the proxy refused to connect, if it did. */
  refusal?: number;
}

type Handler = Pick<
  NodeHttpHandler,
  'handle' | 'destroy' | 'metadata' | 'updateHttpClientConfig' | 'httpHandlerConfigs'
>;
type Request = Parameters<Handler['handle']>[0];

/** A bundle of all public authorities is 0.2 MB. */
const maxBundleBytes = 10 * 1024 * 1024;

/**
 * The way of requests to AWS: through the proxy of the environment, with the certificates of
 * `AWS_CA_BUNDLE`, else with those of Node (and `NODE_EXTRA_CA_CERTS`), else with those of the system.
 * These come last because reading them takes 70 ms. Nothing is sent before a certificate is accepted.
 *
 * A request fails with ERR_CONFIG_INVALID for a proxy variable that is not a URL, and for an
 * `AWS_CA_BUNDLE` that cannot be read; else with the error of Node.
 */
export function openTransport(options: TransportOptions): Transport {
  const { host } = options;
  let route: Route | undefined;
  let certificates: readonly string[] | undefined;
  let inner: NodeHttpHandler | undefined;

  function prepare(request: Request): NodeHttpHandler {
    if (inner !== undefined) return inner;
    const url = new URL(`${request.protocol}//${request.hostname}:${request.port ?? ''}`);
    const bundle = url.protocol === 'https:' ? host.env['AWS_CA_BUNDLE'] || undefined : undefined;
    route = { proxy: proxyFor(url, host.env), bundle };
    if (bundle !== undefined) certificates = [readBundle(bundle)];
    inner = createHandler(options, route, certificates);
    return inner;
  }

  function addSystemCertificates(): boolean {
    if (certificates !== undefined) return false;
    certificates = (options.systemCertificates ?? systemCertificates)();
    inner?.destroy();
    inner = undefined;
    return certificates.length > 0;
  }

  /**
   * The agent replays the answer of a proxy that refuses to connect as if the endpoint had sent it, without
   * TLS. Only the proxy has sent it, so it is never returned.
   */
  const send: Handler['handle'] = async (request, settings) => {
    const chosen = prepare(request);
    delete route?.refusal;
    const answer = await chosen.handle(request, settings);
    if (route?.refusal !== undefined) throw new Error('the proxy refused to connect');
    return answer;
  };

  const handler: Handler = {
    async handle(request, settings) {
      try {
        return await send(request, settings);
      } catch (error) {
        if (!isUnknownIssuer(error) || !addSystemCertificates()) throw error;
        return send(request, settings);
      }
    },
    destroy: () => inner?.destroy(),
    metadata: { handlerProtocol: 'http/1.1' },
    // The settings of a transport are its own.
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
  return { handler, route: () => route };
}

function createHandler(
  { connectTimeoutMs }: TransportOptions,
  route: Route,
  certificates: readonly string[] | undefined,
): NodeHttpHandler {
  const trust = {
    // Wins over NODE_TLS_REJECT_UNAUTHORIZED=0: what comes back is a secret.
    rejectUnauthorized: true,
    ...(certificates === undefined ? {} : { ca: [...certificates] }),
  };
  const settings: NodeHttpHandlerOptions = { connectionTimeout: connectTimeoutMs };
  const { proxy } = route;
  if (proxy === undefined) return new NodeHttpHandler({ ...settings, httpsAgent: trust });
  return new NodeHttpHandler(async () => {
    const agent = await openTunnel(proxy, trust, (status) => (route.refusal = status));
    return { ...settings, httpAgent: agent, httpsAgent: agent };
  });
}

/** An agent that connects through the proxy, loaded where one is configured. */
async function openTunnel(
  { url, authorization }: Proxy,
  trust: { readonly rejectUnauthorized: boolean; readonly ca?: string[] },
  onRefusal: (status: number) => void,
) {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  const agent = new HttpsProxyAgent(url, {
    ...trust,
    // Not in the URL, which the package logs when DEBUG is set.
    ...(authorization === undefined ? {} : { headers: { 'Proxy-Authorization': authorization } }),
  });
  // Its own options are those of the connection to the proxy; these are for the one through it.
  Object.assign(agent.options, trust);
  agent.on('proxyConnect', ({ statusCode = 0 }: IncomingMessage) => {
    if (statusCode !== 200) onRefusal(statusCode);
  });
  return agent;
}

/**
 * The certificates in the file of `AWS_CA_BUNDLE`, as PEM.
 *
 * @throws ERR_CONFIG_INVALID
 */
export function readBundle(path: string): string {
  let text: string | undefined;
  try {
    text = readRegularFile(path, { maxBytes: maxBundleBytes });
  } catch (error) {
    throw unreadableBundle(path, systemErrorCode(error) ?? 'unknown error', error);
  }
  if (text?.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw unreadableBundle(path, 'it is not a PEM file with certificates');
}

function unreadableBundle(path: string, reason: string, cause?: unknown): AtmosError {
  return new AtmosError(
    'ERR_CONFIG_INVALID',
    `AWS_CA_BUNDLE names ${quote(path)}, which cannot be used: ${reason}`,
    {
      cause,
      hints: [
        say('set AWS_CA_BUNDLE to a PEM file with the certificates of the authorities to trust'),
        unsetVariable('AWS_CA_BUNDLE'),
      ],
    },
  );
}

/** Whether TLS failed because the certificate is signed by an authority that is not among those tried. */
function isUnknownIssuer(error: unknown): boolean {
  return /^(UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/.test(
    systemErrorCode(error) ?? '',
  );
}
