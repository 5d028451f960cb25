// A stand-in for AWS IAM Identity Center on loopback: one server for SSO-OIDC (registrations, the
// device flow, authorization codes with PKCE, refresh tokens that rotate) and for the portal
// (accounts, roles, credentials of roles, logout). It is written from the published API: the service
// models `sso-oidc` and `sso` in botocore, RFC 8628, RFC 7636 and RFC 8252, and, where these are
// silent (/authorize, status 403 for a role without assignment), from what the AWS CLI sends and users
// report. A parameter, path or method that the API does not have is refused, and is in `problems()`.
// test/interop/identity-center.test.ts and test/interop/aws-sso-login.peers.test.ts show that the AWS CLI and
// the SDKs accept it.
//
// It does not verify passwords or MFA (a page names the user), does not do CreateTokenWithIAM, trusted
// token issuers, other applications than the access portal, vanity start URLs, or regions: one server
// answers for each. It is plain JavaScript, because the quick start runs it under Node 20.
import { act, createScripts, readRequest, serveOnLoopback } from '../stand-in-server.mjs';
import { SsoError, errorAnswer, formatSeconds } from './sso-answers.mjs';
import { createOidc } from './sso-oidc.mjs';
import { createPortal } from './sso-portal.mjs';
import { readOperation } from './sso-request.mjs';
import { createSessions, secondsAfter } from './sso-sessions.mjs';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { IdentityCenter, IdentityCenterOptions, SsoAccount, SsoAnswer, SsoCall, SsoRequest,
 *   SsoOperation, SsoScript, SsoSettings } from './identity-center-types.ts'
 */

const roles = ['Administrator', 'ReadOnly'];
/** @type {readonly SsoAccount[]} */
const defaultAccounts = [
  { id: '111111111111', name: 'dev', email: 'dev@example.com', roles },
  { id: '222222222222', name: 'prod', email: 'prod@example.com', roles },
];
const defaultLifetimes = {
  token: 60 * 60,
  registration: 90 * 24 * 60 * 60,
  portal: 8 * 60 * 60,
  credentials: 60 * 60,
  deviceCode: 10 * 60,
  authorizationCode: 60,
};

/**
 * Starts the stand-in on a loopback address, on a port that the system chooses.
 *
 * @param {IdentityCenterOptions} [options]
 * @returns {Promise<IdentityCenter>}
 */
export async function startIdentityCenter(options = {}) {
  const { now = () => new Date(), dateHeader = true } = options;
  const { startUrl = 'https://d-9067000000.awsapps.com/start' } = options;
  let { clockOffsetMs = 0, pages = 'ask' } = options;
  const clock = () => new Date(now().getTime() + clockOffsetMs);
  const settings = settingsOf(options, startUrl, { clock, pages: () => pages });
  const { accounts, region, userNamed } = settings;
  const sessions = createSessions(settings);
  const oidc = createOidc(settings, sessions);
  const operations = { ...oidc.operations, ...createPortal(settings, sessions) };
  /** @type {SsoCall[]} */
  const calls = [];
  /** @type {Map<string, ((call: SsoCall) => void)[]>} */
  const waiting = new Map();
  /** @type {ReturnType<typeof createScripts<SsoScript>>} */
  const scripts = createScripts();

  /**
   * @param {IncomingMessage} incoming
   * @param {ServerResponse} response
   */
  async function serve(incoming, response) {
    const request = await readRequest(incoming);
    if (!request) return;
    const { call, ...read } = readOperation(request, operations, clock());
    calls.push(call);
    const script = scripts.take(call.action);
    if (!(await act(script, incoming))) return;
    send(response, scripted(script) ?? answerTo(read), dateHeader ? clock() : undefined);
    for (const resolve of waiting.get(call.action) ?? []) resolve(call);
    waiting.delete(call.action);
  }

  const { url, close } = await serveOnLoopback((incoming, response) => {
    void serve(incoming, response);
  });

  return {
    url,
    startUrl,
    region,
    accounts,
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
    approve({ userCode, user } = {}) {
      if (!oidc.decide(userCode, { user: userNamed(user) }))
        throw new Error('no device code waits for a person');
    },
    deny({ userCode } = {}) {
      if (!oidc.decide(userCode, 'denied')) throw new Error('no device code waits for a person');
    },
    setPages(what) {
      pages = what;
    },
    signIn({ user, scopes = ['sso:account:access'] } = {}) {
      const session = sessions.open(userNamed(user));
      const client = oidc.register({ scopes, grantTypes: undefined, redirectUris: [] });
      const { accessToken, expiresIn, refreshToken } = sessions.issue(session, client);
      return {
        startUrl,
        region,
        accessToken,
        expiresAt: formatSeconds(secondsAfter(clock(), expiresIn)),
        clientId: client.id,
        clientSecret: client.secret,
        registrationExpiresAt: formatSeconds(client.expiresAt),
        ...(refreshToken !== undefined && { refreshToken }),
      };
    },
    expireTokens: sessions.expireTokens,
    endPortalSessions: sessions.endAll,
    expireRegistrations: oidc.expireRegistrations,
    script: scripts.add,
    setClock(offsetMs) {
      clockOffsetMs = offsetMs;
    },
    close,
  };
}

/**
 * @param {IdentityCenterOptions} options
 * @param {string} startUrl
 * @param {Pick<SsoSettings, 'clock' | 'pages'>} live
 * @returns {SsoSettings}
 */
function settingsOf(options, startUrl, live) {
  const { accounts = structuredClone([...defaultAccounts]), users = [{ name: 'ada' }] } = options;
  return {
    ...live,
    accounts,
    users,
    userNamed(name = users[0]?.name) {
      const user = users.find((one) => one.name === name);
      if (!user) throw new SsoError('InvalidRequestException', `unknown user ${name}`);
      return user.name;
    },
    isPortal: (url) => normalizeStartUrl(url) === normalizeStartUrl(startUrl),
    region: options.region ?? 'eu-west-1',
    lifetimes: { ...defaultLifetimes, ...options.lifetimes },
    pollIntervalSeconds: options.pollIntervalSeconds ?? 1,
    pageSize: options.pageSize ?? 100,
    callsPerSecond: options.callsPerSecond ?? Infinity,
    isPreauthorized: options.isPreauthorized ?? false,
    onCredentials: options.onCredentials ?? (() => {}),
  };
}

/**
 * With or without a slash or a fragment at its end, a start URL is the same.
 *
 * @param {string} url
 */
function normalizeStartUrl(url) {
  return url.replace(/[/#]+$/, '').toLowerCase();
}

/**
 * @param {Partial<SsoScript>} script
 * @returns {SsoAnswer | undefined}
 */
function scripted({ raw, fail }) {
  return raw ?? (fail && errorAnswer(new SsoError(fail.name, fail.message)));
}

/**
 * @param {{ operation: SsoOperation, request: SsoRequest } | { refusal: SsoAnswer }} read
 * @returns {SsoAnswer}
 */
function answerTo(read) {
  if ('refusal' in read) return read.refusal;
  try {
    return read.operation.answer(read.request);
  } catch (error) {
    if (error instanceof SsoError) return errorAnswer(error);
    throw error;
  }
}

/**
 * @param {ServerResponse} response
 * @param {SsoAnswer} answer
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
