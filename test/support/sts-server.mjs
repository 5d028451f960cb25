// A stand-in for AWS STS on loopback, written from the published API (the service model in botocore,
// the API reference and the user guide of IAM). It verifies signatures, tokens, times, MFA codes and
// trust policies, enforces the limits of sessions, and responds as STS does; it knows no permission
// policies. It is plain JavaScript, because the quick start runs it under Node 20, which cannot read
// TypeScript.
import { parseAuthorization } from './sigv4.mjs';
import { act, createScripts, readRequest, serveOnLoopback } from './stand-in-server.mjs';
import { createAccounts, roleSession, userNamed } from './sts-accounts.mjs';
import { assumeRoleWithWebIdentity, perform } from './sts-actions.mjs';
import { Refusal, errorResponse } from './sts-answers.mjs';
import { authenticate } from './sts-authenticate.mjs';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Authorization, SignedRequest, StsAnswer, StsCall, StsOptions, StsScript,
 *   StsServer } from './sts-types.ts'
 */

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
  /** @type {ReturnType<typeof createScripts<StsScript>>} */
  const scripts = createScripts();

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
    const script = scripts.take(params.get('Action'));
    if (!(await act(script, incoming))) return;
    const answer = scripted(script) ?? (await honest(request, params, authorization));
    send(response, answer, dateHeader ? clock() : undefined);
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

  const { url, close } = await serveOnLoopback((incoming, response) => {
    void serve(incoming, response);
  });

  return {
    url,
    calls,
    requests() {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const { action } of calls) counts[action] = (counts[action] ?? 0) + 1;
      return counts;
    },
    addSession({ accessKeyId, secretAccessKey, token, expiresAt, roleArn, sessionName }) {
      const state = { tags: {}, transitiveTagKeys: [], sourceIdentity: undefined, hasMfa: false };
      const session = { token, expiresAt, ...state };
      const principal = roleSession(roleArn, sessionName);
      accounts.add({ principal, accessKeyId, secretAccessKey, session });
    },
    addUserSession({ accessKeyId, secretAccessKey, token, expiresAt, principal: arn }) {
      const state = { tags: {}, transitiveTagKeys: [], sourceIdentity: undefined, hasMfa: false };
      const session = { token, expiresAt, ...state };
      accounts.add({ principal: userNamed(arn), accessKeyId, secretAccessKey, session });
    },
    session: (accessKeyId) => accounts.find(accessKeyId)?.session,
    script: scripts.add,
    setClock(offsetMs) {
      clockOffsetMs = offsetMs;
    },
    expireSessions: () => accounts.expireSessions(clock()),
    close,
  };
}

/**
 * @param {Partial<StsScript>} script
 * @returns {StsAnswer | undefined}
 */
function scripted({ html, raw, fail }) {
  if (html) return page;
  if (raw) return raw;
  return fail && errorResponse(new Refusal(fail.code, fail.message, fail.status));
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
