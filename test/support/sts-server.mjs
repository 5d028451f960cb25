// A stand-in for AWS STS that verifies signatures, tokens, times and MFA codes and responds as STS
// does. It is plain JavaScript, because the quick start runs it under Node 20, which cannot read
// TypeScript.
import { createServer } from 'node:http';
import { parseAuthorization } from './sigv4.mjs';
import { createAccounts } from './sts-accounts.mjs';
import { Refusal, callerIdentity, errorResponse, sessionToken } from './sts-answers.mjs';
import { authenticate } from './sts-authenticate.mjs';

/**
 * @import { IncomingMessage, ServerResponse } from 'node:http'
 * @import { Authorization, KnownKey, SignedRequest, StsAccounts, StsAnswer, StsCall, StsOptions,
 *   StsScript, StsServer, StsUser } from './sts-types.ts'
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
  const { keys, clockOffsetMs = 0, now = () => new Date(), dateHeader = true } = options;
  const clock = () => new Date(now().getTime() + clockOffsetMs);
  const accounts = createAccounts(keys, options.newSession);
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
    const script = scripts.shift() ?? {};
    if (script.delayMs !== undefined) await pause(script.delayMs);
    await script.until;
    if (script.hang) return;
    if (script.reset) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const answer = scripted(script) ?? honest(request, params, authorization);
    send(response, answer, dateHeader ? clock() : undefined);
  }

  /**
   * @param {SignedRequest} request
   * @param {URLSearchParams} params
   * @param {Authorization | undefined} authorization
   */
  function honest(request, params, authorization) {
    try {
      const caller = authenticate(request, authorization, accounts, clock());
      return perform(params, caller, accounts, clock());
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
    script({ times = 1, ...script }) {
      for (let count = 0; count < times; count += 1) scripts.push(script);
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
 * @param {URLSearchParams} params
 * @param {KnownKey} caller
 * @param {StsAccounts} accounts
 * @param {Date} at
 * @returns {StsAnswer}
 */
function perform(params, caller, accounts, at) {
  const action = params.get('Action');
  if (action === 'GetCallerIdentity') return callerIdentity(caller.user);
  if (action === 'GetSessionToken') {
    return sessionToken(openSession(params, caller, accounts, at));
  }
  throw new Refusal(
    'InvalidAction',
    `Could not find operation ${action} for version ${params.get('Version')}`,
    400,
  );
}

/**
 * @param {URLSearchParams} params
 * @param {KnownKey} caller
 * @param {StsAccounts} accounts
 * @param {Date} at
 */
function openSession(params, caller, accounts, at) {
  if (caller.session) {
    throw new Refusal('AccessDenied', 'Cannot call GetSessionToken with session credentials');
  }
  const durationSeconds = durationOf(params.get('DurationSeconds') ?? '43200');
  const serialNumber = params.get('SerialNumber');
  if (serialNumber !== null) {
    checkMfa(caller.user, serialNumber, params.get('TokenCode') ?? '', accounts);
  }
  // STS reports the expiry in whole seconds.
  const startMs = Math.floor(at.getTime() / 1000) * 1000;
  return accounts.issue(caller.user, new Date(startMs + durationSeconds * 1000));
}

/** @param {string} text */
function durationOf(text) {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 900 && seconds <= 129_600) return seconds;
  const bound = seconds > 129_600 ? 'less than or equal to 129600' : 'greater than or equal to 900';
  throw new Refusal(
    'ValidationError',
    `1 validation error detected: Value '${text}' at 'durationSeconds' failed to satisfy ` +
      `constraint: Member must have value ${bound}`,
    400,
  );
}

/**
 * @param {StsUser} user
 * @param {string} serialNumber
 * @param {string} code
 * @param {StsAccounts} accounts
 */
function checkMfa({ mfa }, serialNumber, code, accounts) {
  if (mfa?.arn !== serialNumber) {
    throw new Refusal(
      'AccessDenied',
      'MultiFactorAuthentication failed, unable to validate MFA code.  ' +
        'Please verify your MFA serial number is valid and associated with this user.',
    );
  }
  if (!accounts.takeCode(mfa, code)) {
    throw new Refusal(
      'AccessDenied',
      'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
    );
  }
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
  if (shown['TokenCode'] !== undefined) shown['TokenCode'] = '******';
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
