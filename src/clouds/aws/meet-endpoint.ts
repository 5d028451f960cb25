import { once } from 'node:events';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { systemErrorCode } from '../../core/errors.ts';
import type { Meeting } from '../contract.ts';
import type { Proxy } from '../proxy.ts';

export interface MeetOptions {
  readonly url: URL;
  readonly proxy: Proxy | undefined;
  /** The certificates to trust, tried one after the other. Undefined: those of Node. */
  readonly trusted: readonly (() => readonly string[] | undefined)[];
  readonly timeoutMs: number;
}

/**
 * Connects to an endpoint as a request would, and sends nothing: only the TLS handshake happens. So it may
 * also look at a certificate that is not trusted, whose issuer tells which proxy inspects the connection.
 *
 * Never throws.
 */
export async function meetEndpoint(options: MeetOptions): Promise<Meeting> {
  let meeting: Meeting = {};
  for (const certificates of options.trusted) {
    meeting = await meetOnce(options, certificates());
    // Other certificates do not help where no certificate was seen.
    if (meeting.failure === undefined || meeting.issuer === undefined) return meeting;
  }
  return meeting;
}

async function meetOnce(
  { url, proxy, timeoutMs }: MeetOptions,
  ca: readonly string[] | undefined,
): Promise<Meeting> {
  const signal = AbortSignal.timeout(timeoutMs);
  const opened: Duplex[] = [];
  try {
    const host = url.hostname.replaceAll(/^\[|\]$/g, '');
    const socket = await openSocket(url, host, proxy, signal);
    opened.push(socket);
    if (url.protocol !== 'https:') return {};
    const tls = connect({
      socket,
      host,
      // An address is no name of a server.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      // Nothing is sent, and what was wrong is reported.
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca: [...ca] }),
    });
    opened.push(tls);
    await once(tls, 'secureConnect', { signal });
    return describe(tls);
  } catch (error) {
    if (signal.aborted) return { failure: `no answer within ${timeoutMs / 1000} seconds` };
    return { failure: reasonOf(error) };
  } finally {
    // The TLS socket first: Node 20 crashes if its transport is destroyed before it.
    for (const one of opened.toReversed()) one.destroy();
  }
}

async function openSocket(
  url: URL,
  host: string,
  proxy: Proxy | undefined,
  signal: AbortSignal,
): Promise<Duplex> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  if (proxy !== undefined) return openTunnel(proxy, `${url.hostname}:${port}`, signal);
  const socket = connectTcp({ host, port });
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

/** @throws an error whose message says why the proxy did not connect */
async function openTunnel(
  { url, authorization }: Proxy,
  target: string,
  signal: AbortSignal,
): Promise<Duplex> {
  const send = url.protocol === 'https:' ? requestTls : request;
  const asked = send(url, {
    method: 'CONNECT',
    path: target,
    signal,
    headers: {
      Host: target,
      ...(authorization === undefined ? {} : { 'Proxy-Authorization': authorization }),
    },
  });
  const answer = new Promise<{ statusCode: number | undefined; socket: Duplex }>(
    (resolve, reject) => {
      asked.once('connect', ({ statusCode }, socket) => resolve({ statusCode, socket }));
      asked.once('error', reject);
    },
  );
  asked.end();
  const { statusCode, socket } = await answer;
  if (statusCode === 200) return socket;
  socket.destroy();
  throw new Error(`the proxy refused to connect (status ${statusCode})`);
}

function describe(tls: TLSSocket): Meeting {
  const { CN, O } = tls.getPeerCertificate().issuer ?? {};
  const issuer = [CN, O].flat().find((name) => name !== undefined);
  // The name comes from the network.
  const shown = issuer?.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 100);
  const failure = tls.authorized
    ? undefined
    : `the certificate is not trusted (${String(tls.authorizationError)})`;
  return {
    ...(shown === undefined ? {} : { issuer: shown }),
    ...(failure === undefined ? {} : { failure }),
  };
}

function reasonOf(error: unknown): string {
  const code = systemErrorCode(error);
  if (code !== undefined) return `it cannot be reached (${code})`;
  return error instanceof Error ? error.message : 'it cannot be reached';
}
