// The portal of IAM Identity Center: the accounts and roles of a user, and credentials for them.
import { createHash, randomBytes } from 'node:crypto';
import { SsoError, json } from './sso-answers.mjs';
import { secondsAfter } from './sso-sessions.mjs';

/**
 * @import { PortalSession, SsoAccount, SsoOperation, SsoOperations, SsoRequest, SsoSessions,
 *   SsoSettings } from './identity-center-types.ts'
 */

const maxPageSize = 100;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * @param {SsoSettings} settings
 * @param {SsoSessions} sessions
 * @returns {SsoOperations}
 */
export function createPortal(settings, sessions) {
  const { accounts, users, region, lifetimes, clock, onCredentials } = settings;
  const throttle = createThrottle(settings);
  /** @type {Map<string, { list: string, from: number }>} */
  const nextTokens = new Map();

  /**
   * An operation that needs the access token of a session.
   *
   * @param {Omit<SsoOperation, 'input' | 'answer'>} form
   * @param {(session: PortalSession, request: SsoRequest) => unknown} perform
   * @returns {SsoOperation}
   */
  const operation = (form, perform) => ({
    ...form,
    input: 'query',
    answer(request) {
      throttle();
      const token = request.headers['x-amz-sso_bearer_token'];
      const session = typeof token === 'string' ? sessions.find(token) : undefined;
      if (!session) throw new SsoError('UnauthorizedException');
      const result = perform(session, request);
      return result === undefined ? { body: '' } : json(result);
    },
  });

  /** @param {PortalSession} session */
  const accountsOf = (session) => {
    const assigned = users.find(({ name }) => name === session.user)?.accounts;
    return accounts.filter(({ id }) => assigned?.includes(id) ?? true);
  };

  /**
   * @param {PortalSession} session
   * @param {SsoRequest} request
   * @returns {SsoAccount | undefined} undefined when the user is not assigned to it
   */
  const accountOf = (session, { params }) => {
    const id = String(params['account_id']);
    if (!/^\d{12}$/.test(id)) {
      throw new SsoError('InvalidRequestException', 'account_id is not an account id');
    }
    if (!accounts.some((account) => account.id === id)) {
      throw new SsoError('ResourceNotFoundException');
    }
    return accountsOf(session).find((account) => account.id === id);
  };

  /**
   * @template Item
   * @param {string} list that a token continues: of one user, and not of another list
   * @param {Item[]} items
   * @param {SsoRequest} request
   */
  const page = (list, items, { params }) => {
    const token = params['next_token'];
    const from = token === undefined ? { list, from: 0 } : nextTokens.get(String(token));
    if (from?.list !== list) throw new SsoError('InvalidRequestException', 'Invalid next_token');
    const end = from.from + Math.min(settings.pageSize, maxResult(params['max_result']));
    if (end >= items.length) return { items: items.slice(from.from), nextToken: null };
    const nextToken = randomBytes(24).toString('base64url');
    nextTokens.set(nextToken, { list, from: end });
    return { items: items.slice(from.from, end), nextToken };
  };

  return {
    'GET /assignment/accounts': operation(
      { name: 'ListAccounts', required: [], optional: ['next_token', 'max_result'] },
      (session, request) => {
        const { items, nextToken } = page(session.user, accountsOf(session), request);
        const accountList = items.map(({ id, name, email }) => ({
          accountId: id,
          accountName: name,
          emailAddress: email,
        }));
        return { nextToken, accountList };
      },
    ),
    'GET /assignment/roles': operation(
      {
        name: 'ListAccountRoles',
        required: ['account_id'],
        optional: ['next_token', 'max_result'],
      },
      (session, request) => {
        const account = accountOf(session, request);
        const list = `${session.user} ${account?.id}`;
        const { items, nextToken } = page(list, account?.roles ?? [], request);
        return {
          nextToken,
          roleList: items.map((roleName) => ({ roleName, accountId: account?.id })),
        };
      },
    ),
    'GET /federation/credentials': operation(
      { name: 'GetRoleCredentials', required: ['role_name', 'account_id'], optional: [] },
      (session, request) => {
        const roleName = String(request.params['role_name']);
        const account = accountOf(session, request);
        if (!account?.roles.includes(roleName)) throw new SsoError('ForbiddenException');
        const issued = {
          ...newKey(),
          expiresAt: secondsAfter(clock(), lifetimes.credentials),
          roleArn: roleArnOf(region, account.id, roleName),
          sessionName: session.user,
        };
        onCredentials(issued);
        const { accessKeyId, secretAccessKey, token, expiresAt } = issued;
        const expiration = expiresAt.getTime();
        return {
          roleCredentials: { accessKeyId, secretAccessKey, sessionToken: token, expiration },
        };
      },
    ),
    'POST /logout': operation({ name: 'Logout', required: [], optional: [] }, (session) =>
      sessions.end(session),
    ),
  };
}

/**
 * Counts the calls of the last second.
 *
 * @param {SsoSettings} settings
 */
function createThrottle({ callsPerSecond, clock }) {
  /** @type {number[]} */
  let times = [];
  return () => {
    const now = clock().getTime();
    times = times.filter((time) => now - time < 1000);
    if (times.length >= callsPerSecond) throw new SsoError('TooManyRequestsException');
    times.push(now);
  };
}

/** @param {string | string[] | undefined} text */
function maxResult(text) {
  if (text === undefined) return maxPageSize;
  const number = /^\d{1,3}$/.test(String(text)) ? Number(text) : 0;
  if (number >= 1 && number <= maxPageSize) return number;
  throw new SsoError('InvalidRequestException', 'max_result is not a number from 1 to 100');
}

/**
 * The role that a permission set has in an account. Its path has the region, except in us-east-1.
 *
 * @param {string} region
 * @param {string} account
 * @param {string} name
 */
function roleArnOf(region, account, name) {
  const suffix = createHash('sha256').update(`${account}/${name}`).digest('hex').slice(0, 16);
  const place = region === 'us-east-1' ? '' : `${region}/`;
  const path = `aws-reserved/sso.amazonaws.com/${place}AWSReservedSSO_${name}_${suffix}`;
  return `arn:${partitionOf(region)}:iam::${account}:role/${path}`;
}

/** @param {string} region */
function partitionOf(region) {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return region.startsWith('eusc-') ? 'aws-eusc' : 'aws';
}

function newKey() {
  const id = Array.from(randomBytes(16), (byte) => base32[byte % 32]).join('');
  return {
    accessKeyId: `ASIA${id}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    token: randomBytes(240).toString('base64'),
  };
}
