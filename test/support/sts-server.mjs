// A stand-in for AWS STS on loopback, written from the published API (the service model in botocore,
// the API reference and the user guide of IAM). It verifies signatures, tokens, times, MFA codes and
// trust policies, enforces the limits of sessions, and responds as STS does; it knows no permission
// policies. It is plain JavaScript, because the quick start runs it under Node 20, which cannot read
// TypeScript.
import { createServer } from 'node:http';
import { parseAuthorization } from './sigv4.mjs';
import { createAccounts } from './sts-accounts.mjs';
import { assumeRoleWithWebIdentity, perform } from './sts-actions.mjs';
import { Refusal, errorResponse } from './sts-answers.mjs';
import { authenticate } from './sts-authenticate.mjs';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Authorization, SignedRequest, StsAnswer, StsCall, StsOptions, StsScript,
 *   StsServer } from './sts-types.ts'
 */

const maxBodyBytes = 64 * 1024;

/** @type {StsAnswer} */
const page = {
  contentType: 'text/html; charset=utf-8',
  body: '<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Please sign in</body></html>\n',
};

/**
 * Starts the stand-in on a loopback address, on a port that the system chooses.
 *
 * @param {StsOptions} options
 * @returns {Promise<StsServer>}
 */
export async function startSts(options) {
  const { now = () => new Date(), dateHeader = true } = options;
  let { clockOffsetMs = 0 } = options;
  const clock = () => new Date(now().getTime() + clockOffsetMs);
  const accounts = createAccounts(options);
  /** @type {StsCall[]} */
  const calls = [];
  /** @type {StsScript[]} */
  const scripts = [];

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} response
   */
  async function serve(incoming, response) {
    const request = await readRequest(incoming);
    if (!request) return;
    const params = new URLSearchParams(request.body.toString());
    const authorization = parseAuthorization(request.headers.authorization);
    calls.push(describeCall(params, authorization, clock()));
    const script = takeScript(params.get('Action'));
    if (script.delayMs !== undefined) await pause(script.delayMs);
    await script.until;
    if (script.hang) return;
    if (script.reset) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const answer = scripted(script) ?? (await honest(request, params, authorization));
    send(response, answer, dateHeader ? clock() : undefined);
  }

  /**
   * @param {string | null} action
   * @returns {Partial<StsScript>}
   */
  function takeScript(action) {
    const at = scripts.findIndex((script) => (script.action ?? action) === action);
    return at < 0 ? {} : (scripts.splice(at, 1)[0] ?? {});
  }

  /**
   * @param {SignedRequest} request
   * @param {URLSearchParams} params
   * @param {Authorization | undefined} authorization
   */
  async function honest(request, params, authorization) {
    const at = clock();
    const context = { accounts, at, host: request.headers.host ?? '', options };
    try {
      if (params.get('Action') === 'AssumeRoleWithWebIdentity') {
        return await assumeRoleWithWebIdentity(params, context);
      }
      return perform(params, authenticate(request, authorization, accounts, at), context);
    } catch (error) {
      if (error instanceof Refusal) return errorResponse(error);
      throw error;
    }
  }

  const server = createServer((incoming, response) => void serve(incoming, response));
  const port = await listen(server);

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    requests() {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const { action } of calls) counts[action] = (counts[action] ?? 0) + 1;
      return counts;
    },
    session: (accessKeyId) => accounts.find(accessKeyId)?.session,
    script({ times = 1, ...script }) {
      for (let count = 0; count < times; count += 1) scripts.push(script);
    },
    setClock(offsetMs) {
      clockOffsetMs = offsetMs;
    },
    expireSessions: () => accounts.expireSessions(clock()),
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * @param {import('node:http').Server} server
 * @returns {Promise<number>} the port
 */
function listen(server) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

/**
 * @param {StsScript} script
 * @returns {StsAnswer | undefined}
 */
function scripted({ html, raw, fail }) {
  if (html) return page;
  if (raw) return raw;
  return fail && errorResponse(new Refusal(fail.code, fail.message, fail.status));
}

/**
 * The whole request, or undefined when the client disconnected or sent too much.
 *
 * @param {IncomingMessage} incoming
 * @returns {Promise<SignedRequest | undefined>}
 */
async function readRequest(incoming) {
  /** @type {Buffer[]} */
  const chunks = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  const { method = '', url = '', headers } = incoming;
  return { method, url, headers, body: Buffer.concat(chunks) };
}

/**
 * @param {URLSearchParams} params
 * @param {Authorization | undefined} authorization
 * @param {Date} at
 * @returns {StsCall}
 */
function describeCall(params, authorization, at) {
  const shown = Object.fromEntries(params);
  delete shown['Action'];
  delete shown['Version'];
  for (const secret of ['TokenCode', 'WebIdentityToken']) {
    if (shown[secret] !== undefined) shown[secret] = '******';
  }
  return {
    action: params.get('Action') ?? '(none)',
    accessKeyId: authorization?.accessKeyId ?? '(none)',
    params: shown,
    at,
  };
}

/**
 * @param {ServerResponse} response
 * @param {StsAnswer} answer
 * @param {Date | undefined} date
 */
function send(response, { status = 200, contentType = 'text/xml', body }, date) {
  response.sendDate = false;
  if (date) response.setHeader('Date', date.toUTCString());
  const requestId = /<RequestId>([^<]+)</.exec(body)?.[1];
  if (requestId !== undefined) response.setHeader('x-amzn-RequestId', requestId);
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** @param {number} milliseconds */
function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
