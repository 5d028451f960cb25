import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { systemErrorCode } from '../../core/errors.ts';
import { systemCertificates } from '../../host/certificates.ts';
import type { Host } from '../../host/host.ts';
import { withinLimit } from '../../host/time-limit.ts';

// One request to the server and its answer, with limits. It follows no redirect, uses no proxy and no
// cookie, and knows nothing of the API.

/** How long one request may take. */
export const requestLimitMs = 5_000;
/** Far above an entry of the largest size, and above a page of names. */
const maxAnswerBytes = 4 * 1024 * 1024;

export interface ServerRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** After `/v1/`, encoded, with its query. */
  readonly path: string;
  readonly token?: string;
  readonly namespace?: string;
  /** The state of the cluster that the answer must include: see {@link ServerAnswer}. */
  readonly index?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface ServerAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** A name for the state of the cluster, in answers to writes. */
  readonly index: string | undefined;
  /** Undefined if it is longer than allowed. */
  readonly text: string | undefined;
}

/** The answer took longer than {@link requestLimitMs}. */
export class RequestTimeout extends Error {
  override name = 'RequestTimeout';
}

export interface ServerConnection {
  /** @throws RequestTimeout, and the error of Node */
  send(request: ServerRequest): Promise<ServerAnswer>;
  close(): void;
}

export interface ConnectionOptions {
  readonly url: URL;
  /** Certificates of the authorities to trust, as PEM. Default: those of Node, then of the system. */
  readonly certificates?: string;
  /** The name that the certificate must have. Default: the host of the URL. */
  readonly serverName?: string;
  readonly host: Pick<Host, 'sleep'>;
}

/** Connections are reused, and do not keep the process running. */
export function openConnection(options: ConnectionOptions): ServerConnection {
  const { url, host } = options;
  let certificates: readonly string[] | undefined = options.certificates
    ? [options.certificates]
    : undefined;
  let agent = createAgent(options, certificates);

  /** As the other transports of this program: reading them takes 70 ms, so they come last. */
  function addSystemCertificates(): boolean {
    if (certificates !== undefined) return false;
    certificates = systemCertificates();
    agent.destroy();
    agent = createAgent(options, certificates);
    return certificates.length > 0;
  }

  async function sendOnce(request: ServerRequest): Promise<ServerAnswer> {
    const abort = new AbortController();
    const timeout = () => new RequestTimeout();
    try {
      const answer = exchange(url, agent, request, abort.signal);
      return await withinLimit(host, requestLimitMs, answer, timeout);
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  return {
    async send(request) {
      try {
        return await sendOnce(request);
      } catch (error) {
        if (!isUnknownIssuer(error) || !addSystemCertificates()) throw error;
        return sendOnce(request);
      }
    },
    close: () => agent.destroy(),
  };
}

function createAgent(
  { url, serverName }: ConnectionOptions,
  certificates: readonly string[] | undefined,
): HttpAgent | HttpsAgent {
  const reuse = { keepAlive: true, maxSockets: 8 };
  if (url.protocol === 'http:') return new HttpAgent(reuse);
  return new HttpsAgent({
    ...reuse,
    // Wins over NODE_TLS_REJECT_UNAUTHORIZED=0: what is sent is a secret.
    rejectUnauthorized: true,
    ...(certificates === undefined ? {} : { ca: [...certificates] }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  });
}

function exchange(
  url: URL,
  agent: HttpAgent | HttpsAgent,
  { method, path, token, namespace, index, body }: ServerRequest,
  signal: AbortSignal,
): Promise<ServerAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    accept: 'application/json',
    'user-agent': 'atmos-auth',
    // Agents of the server can require it, so that no browser can be made to send a request.
    'x-vault-request': 'true',
    ...(token === undefined ? {} : { 'x-vault-token': token }),
    ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
    // A node that has not reached that state asks the active node.
    ...(index === undefined
      ? {}
      : { 'x-vault-index': index, 'x-vault-inconsistent': 'forward-active-node' }),
    ...(text === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  const request = url.protocol === 'http:' ? requestHttp : requestHttps;
  const target = new URL(`${url.pathname.replace(/\/+$/, '')}/v1/${path}`, url);
  return new Promise((resolve, reject) => {
    const sent = request(target, { method, headers, agent, signal }, (response) => {
      readAnswer(response).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function readAnswer(response: IncomingMessage): Promise<ServerAnswer> {
  const { statusCode: status = 0, headers } = response;
  const index = [headers['x-vault-index']].flat()[0];
  const head = { status, index, retryAfterMs: secondsOf(headers['retry-after']) };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > maxAnswerBytes) return { ...head, text: undefined };
    chunks.push(chunk);
  }
  return { ...head, text: Buffer.concat(chunks).toString('utf8') };
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,4}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** Whether TLS failed because the certificate is signed by an authority that is not among those tried. */
function isUnknownIssuer(error: unknown): boolean {
  return /^(UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF)|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/.test(
    systemErrorCode(error) ?? '',
  );
}
