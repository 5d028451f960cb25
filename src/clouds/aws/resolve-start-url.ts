// A start URL under a domain of the company, which leads to the portal. Loaded only for signing in.

import { AtmosError } from '../../core/errors.ts';
import { edit, say, type Hint } from '../../core/hint.ts';
import type { OpenContext } from '../contract.ts';
import { sendRequest, type HttpAnswer } from '../http.ts';
import { isLoopback } from '../../core/loopback.ts';
import { describeNetworkFailure, describeWay, maxConnectMs } from '../network-failure.ts';
import { openTransport, type Transport } from '../transport.ts';
import { isAwsPage, normalizeStartUrl, regionInHost } from './start-url.ts';

export interface ConfiguredPortal {
  /** Normalized. */
  readonly startUrl: string;
  readonly shownStartUrl: string;
  readonly region: string;
  /** Where the region is configured. */
  readonly regionPlace: string;
}

/** Of the answer, which is not used. */
const maxBytes = 64 * 1024;

/**
 * The start URL of AWS. For one of another domain it asks where that leads, as the AWS CLI does: one
 * request without cookies, and one redirect, which must lead to AWS.
 *
 * @throws ERR_AWS_ENDPOINT for one that leads elsewhere, or to a portal of another region; ERR_NETWORK
 */
export async function resolveStartUrl(
  portal: ConfiguredPortal,
  context: Pick<OpenContext, 'host' | 'timeoutMs'>,
): Promise<string> {
  const url = new URL(portal.startUrl);
  if (isAwsPage(url) || isLoopback(url.hostname)) return portal.startUrl;
  const { shownStartUrl, region, regionPlace } = portal;
  const leadsTo = await redirectOf(url, portal, context);
  const startUrl = leadsTo === undefined ? undefined : normalizeStartUrl(leadsTo.href);
  if (leadsTo === undefined || startUrl === undefined || !isAwsPage(leadsTo)) {
    const where = leadsTo === undefined ? 'redirect to it' : `lead to it, but to ${leadsTo.origin}`;
    throw wrongPortal(`${shownStartUrl} is not a portal of AWS, and does not ${where}`, [
      say('set start_url to the address that the AWS access portal shows'),
    ]);
  }
  const found = regionInHost(leadsTo);
  if (found !== undefined && found !== region) {
    throw wrongPortal(`${shownStartUrl} leads to a portal in ${found}, not in ${region}`, [
      edit(regionPlace, `set region to ${found}`),
    ]);
  }
  return startUrl;
}

function wrongPortal(message: string, hints: readonly Hint[]): AtmosError {
  return new AtmosError('ERR_AWS_ENDPOINT', message, { hints });
}

/** Where the page leads, without a query. Undefined if it is no redirect. */
async function redirectOf(
  url: URL,
  { shownStartUrl }: ConfiguredPortal,
  { host, timeoutMs }: Pick<OpenContext, 'host' | 'timeoutMs'>,
): Promise<URL | undefined> {
  const transport = openTransport({ connectTimeoutMs: Math.min(timeoutMs, maxConnectMs), host });
  const abortSignal = AbortSignal.timeout(timeoutMs);
  const endWait = host.waiting('the start URL', timeoutMs);
  try {
    const head = await request('HEAD', url, transport, abortSignal);
    const isRefused = head.status === 405 || head.status === 501;
    const answer = isRefused ? await request('GET', url, transport, abortSignal) : head;
    const location = answer.headers['location'] ?? '';
    if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
    if (!URL.canParse(location, url.href)) return undefined;
    const leadsTo = new URL(location, url);
    leadsTo.search = '';
    return leadsTo;
  } catch (error) {
    if (error instanceof AtmosError) throw error;
    const route = transport.route();
    const timedOut = abortSignal.aborted;
    const lost = { hostname: undefined, route, timeoutMs, timedOut, isAnswered: false };
    const { reason, hints } = describeNetworkFailure(error, lost) ?? {
      reason: 'the connection failed',
      hints: [],
    };
    const message = `cannot reach ${shownStartUrl}${describeWay(route)}: ${reason}`;
    throw new AtmosError('ERR_NETWORK', message, { hints });
  } finally {
    endWait?.();
    transport.handler.destroy();
  }
}

function request(
  method: 'GET' | 'HEAD',
  url: URL,
  transport: Transport,
  abortSignal: AbortSignal,
): Promise<HttpAnswer> {
  return sendRequest(
    transport,
    { method, url, headers: { accept: '*/*' } },
    { abortSignal, maxBytes },
  );
}
