// A stand-in for AWS Sign-In on loopback, which signs a person in for programs: POST /v1/token with the
// grants authorization_code and refresh_token. It is written from the service model `signin` in
// botocore, RFC 9449 (DPoP), RFC 7636 (PKCE), and from what the AWS CLI sends. Every proof of possession
// is verified, and a refresh token is bound to the key of the proof with which it was issued. What the API
// does not have is refused, and is in `problems()`. test/interop/signin-clients.test.ts shows that botocore
// and the AWS SDK for JavaScript accept it.
//
// GET /v1/authorize and GET /v1/sessions/confirmation are pages, which no SDK requests: they are written
// from the published flow. The AWS CLI signs in with them (test/interop/aws-login.peers.test.ts), but nothing
// here proves that the pages of AWS are the same. POST /v1/decide is our own: the buttons send it.
//
// It verifies no passwords, and knows one principal. It is plain JavaScript, because scripts run it under
// Node 20 as a program: signin-main.mjs.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { act, createScripts, readRequest, serveOnLoopback } from '../stand-in-server.mjs';
import { clientIds, createAuthorize, Problem } from './signin-authorize.mjs';
import { createProofs, ProofError, thumbprintOf } from './signin-dpop.mjs';
import { createTokens, errorAnswer, Refusal } from './signin-tokens.mjs';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { SignedRequest } from '../sts-types.ts'
 * @import { Signin, SigninAnswer, SigninCall, SigninOptions, SigninScript,
 *   SigninSettings } from './signin-types.ts'
 */

const defaultLifetimes = { credentials: 900, code: 60, session: 12 * 60 * 60, repeat: 60 };

/**
 * Starts the stand-in on a loopback address, on a port that the system chooses.
 *
 * @param {SigninOptions} [options]
 * @returns {Promise<Signin>}
 */
export async function startSignin(options = {}) {
  const { now = () => new Date(), dateHeader = true } = options;
  let { clockOffsetMs = 0, pages = 'ask' } = options;
  const clock = () => new Date(now().getTime() + clockOffsetMs);
  let url = '';
  /** @type {SigninSettings} */
  const settings = {
    principal: options.principal ?? 'arn:aws:iam::123456789012:user/ada',
    lifetimes: { ...defaultLifetimes, ...options.lifetimes },
    proofSeconds: options.proofSeconds ?? 300,
    clock,
    pages: () => pages,
    onCredentials: options.onCredentials ?? (() => {}),
    origin: () => url,
  };
  const { principal } = settings;
  const authorize = createAuthorize(settings);
  const proofs = createProofs(settings);
  const tokens = createTokens(settings);
  /** @type {SigninCall[]} */
  const calls = [];
  /** @type {Map<string, ((call: SigninCall) => void)[]>} */
  const waiting = new Map();
  /** @type {ReturnType<typeof createScripts<SigninScript>>} */
  const scripts = createScripts();

  /**
   * @param {SignedRequest} request
   * @param {SigninCall} call
   * @returns {SigninAnswer}
   */
  function answerTo(request, call) {
    const { pathname: path, searchParams: query } = new URL(request.url, url);
    switch (`${request.method} ${path}`) {
      case 'GET /v1/authorize':
        return authorize.authorize(query);
      case 'POST /v1/decide':
        return authorize.decide(new URLSearchParams(request.body.toString()));
      case 'GET /v1/sessions/confirmation':
        return authorize.confirm(query);
      case 'POST /v1/token': {
        const thumbprint = proofs.check(request.headers['dpop'], { method: 'POST', path });
        call.thumbprint = thumbprint;
        return createToken(bodyOf(request), thumbprint);
      }
      default:
        throw new Problem(`unknown path or method: ${request.method} ${path}`);
    }
  }

  /**
   * @param {Readonly<Record<string, string>>} body
   * @param {string} thumbprint
   */
  function createToken({ clientId = '', grantType, ...grant }, thumbprint) {
    if (!Object.values(clientIds).includes(clientId)) throw new Problem('clientId is unknown');
    if (grantType === 'refresh_token') {
      const { refreshToken = '' } = exactly(grant, ['refreshToken']);
      return tokens.refresh(refreshToken, { clientId, thumbprint });
    }
    if (grantType !== 'authorization_code') throw new Problem('grantType is unknown');
    const fields = exactly(grant, ['code', 'codeVerifier', 'redirectUri']);
    const { code = '', codeVerifier: verifier = '', redirectUri = '' } = fields;
    if (!authorize.redeem({ clientId, code, redirectUri, verifier })) {
      throw new Refusal('AUTHCODE_EXPIRED', 'The authorization code is expired or used');
    }
    return tokens.issue({ clientId, thumbprint });
  }

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} response
   */
  async function serve(incoming, response) {
    const request = await readRequest(incoming);
    if (!request) return;
    /** @type {SigninCall} */
    const call = { action: actionOf(request), at: clock() };
    calls.push(call);
    const script = scripts.take(call.action);
    if (!(await act(script, incoming))) return;
    const answer = script.raw ?? outcome(request, call, script);
    await script.answerAfter;
    send(response, answer, dateHeader ? clock() : undefined);
    for (const resolve of waiting.get(call.action) ?? []) resolve(call);
    waiting.delete(call.action);
  }

  /**
   * @param {SignedRequest} request
   * @param {SigninCall} call
   * @param {Partial<SigninScript>} script
   */
  function outcome(request, call, { fail }) {
    try {
      if (fail) throw new Refusal(fail.code, fail.message, fail.isThrottle);
      return answerTo(request, call);
    } catch (error) {
      const isProblem = error instanceof Problem || error instanceof ProofError;
      if (isProblem) call.problem = `${call.action}: ${error.message}`;
      if (!isProblem && !(error instanceof Refusal)) throw error;
      const refusal = isProblem ? new Refusal('INVALID_REQUEST', error.message) : error;
      call.error = refusal.code;
      return errorAnswer(refusal);
    }
  }

  const server = await serveOnLoopback((incoming, response) => {
    void serve(incoming, response);
  });
  url = server.url;

  return {
    url,
    principal,
    calls,
    requests() {
      /** @type {Record<string, number>} */
      const counts = {};
      for (const { action } of calls) counts[action] = (counts[action] ?? 0) + 1;
      return counts;
    },
    problems: () => calls.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    answered: (action) =>
      new Promise((resolve) => {
        waiting.set(action, [...(waiting.get(action) ?? []), resolve]);
      }),
    setPages(what) {
      pages = what;
    },
    signIn(expiresInSeconds) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const dpopKey = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
      const jwk = createPublicKey(createPrivateKey(dpopKey)).export({ format: 'jwk' });
      const clientId = clientIds.sameDevice;
      const answer = tokens.issue({ clientId, thumbprint: thumbprintOf(jwk) });
      const { accessToken, tokenType, expiresIn, refreshToken, idToken } = JSON.parse(answer.body);
      const endMs = clock().getTime() + (expiresInSeconds ?? expiresIn) * 1000;
      const expiresAt = new Date(endMs).toISOString().replace(/\.\d{3}/, '');
      const accountId = principal.split(':')[4] ?? '';
      return {
        accessToken: { ...accessToken, accountId, expiresAt },
        tokenType,
        clientId,
        refreshToken,
        idToken,
        dpopKey,
      };
    },
    endSessions: tokens.endAll,
    script: scripts.add,
    setClock(offsetMs) {
      clockOffsetMs = offsetMs;
    },
    close: server.close,
  };
}

/** @param {SignedRequest} request */
function actionOf({ method, url, body }) {
  const path = url.split('?', 1)[0];
  if (path === '/v1/authorize') return 'Authorize';
  if (path === '/v1/decide') return 'Decide';
  if (path === '/v1/sessions/confirmation') return 'Confirm';
  if (path !== '/v1/token' || method !== 'POST') return '(none)';
  const grant = /"grantType"\s*:\s*"(\w+)"/.exec(body.toString())?.[1];
  return `CreateOAuth2Token ${grant ?? '(none)'}`;
}

/**
 * @param {SignedRequest} request
 * @returns {Readonly<Record<string, string>>}
 */
function bodyOf({ headers, body }) {
  if (headers['content-type']?.split(';')[0] !== 'application/json') {
    throw new Problem('Content-Type is not application/json');
  }
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw new Problem('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Problem('the body is not an object');
  if (Object.values(value).some((one) => typeof one !== 'string')) {
    throw new Problem('a parameter is not text');
  }
  return /** @type {Record<string, string>} */ (value);
}

/**
 * @param {Readonly<Record<string, string>>} fields
 * @param {readonly string[]} names
 */
function exactly(fields, names) {
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Problem(`unknown parameter ${unknown}`);
  const missing = names.find((name) => !fields[name]);
  if (missing !== undefined) throw new Problem(`missing parameter ${missing}`);
  return fields;
}

/**
 * @param {ServerResponse} response
 * @param {SigninAnswer} answer
 * @param {Date | undefined} date
 */
function send(response, { status = 200, headers = {}, body }, date) {
  response.sendDate = false;
  if (date) response.setHeader('Date', date.toUTCString());
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  response.writeHead(status, { ...type, ...length, ...headers });
  response.end(body);
}
