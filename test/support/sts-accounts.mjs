// The accounts of the stand-in: users with their access keys and MFA devices, and the sessions it
// has issued.
import { createHash, randomBytes, randomInt } from 'node:crypto';

/**
 * @import { KnownKey, SessionKey, StsAccounts, StsKey, StsOptions,
 *   StsPrincipal } from './sts-types.ts'
 */

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * @param {Pick<StsOptions, 'keys' | 'roles' | 'newSession'>} options
 * @returns {StsAccounts}
 */
export function createAccounts({ keys, roles = [], newSession = randomSession }) {
  /** @type {Map<string, KnownKey>} */
  const known = new Map();
  for (const key of keys) {
    const { accessKeyId, secretAccessKey } = key;
    known.set(accessKeyId, { accessKeyId, secretAccessKey, principal: userOf(key) });
  }
  /** @type {Set<string>} */
  const usedCodes = new Set();

  return {
    find: (accessKeyId) => known.get(accessKeyId),
    add(key) {
      known.set(key.accessKeyId, key);
    },
    findRole: (arn) => roles.find((role) => role.arn === arn),
    issue(principal, session) {
      const { token, ...pair } = newSession();
      const key = { principal, ...pair, session: { token, ...session } };
      known.set(key.accessKeyId, key);
      return key;
    },
    expireSessions(at) {
      for (const { session } of known.values()) if (session) session.expiresAt = at;
    },
    takeCode(device, code) {
      const use = `${device.arn} ${code}`;
      if (!device.codes.includes(code) || usedCodes.has(use)) return false;
      usedCodes.add(use);
      return true;
    },
  };
}

/**
 * The principal of a session of the role. Its ARN leaves out the path of the role.
 *
 * @param {string} roleArn
 * @param {string} sessionName
 * @returns {StsPrincipal}
 */
export function roleSession(roleArn, sessionName) {
  const [, partition, , , account = '', path = ''] = roleArn.split(':');
  const name = path.split('/').at(-1);
  return {
    kind: 'role',
    account,
    arn: `arn:${partition}:sts::${account}:assumed-role/${name}/${sessionName}`,
    userId: `${uniqueId('AROA', roleArn)}:${sessionName}`,
    roleArn,
  };
}

/**
 * @param {StsKey} key
 * @returns {StsPrincipal}
 */
function userOf({ account, userName, mfa }) {
  return { ...userNamed(`arn:aws:iam::${account}:user/${userName}`), mfa };
}

/**
 * @param {string} arn
 * @returns {StsPrincipal}
 */
export function userNamed(arn) {
  const [, , , , account = '', path = ''] = arn.split(':');
  const name = path.replace(/^user\//, '');
  return { kind: 'user', account, arn, userId: uniqueId('AIDA', `${account}/${name}`) };
}

/**
 * @param {string} prefix
 * @param {string} name
 */
function uniqueId(prefix, name) {
  const digest = createHash('sha256').update(name).digest().subarray(0, 17);
  return prefix + Array.from(digest, (byte) => base32[byte % base32.length]).join('');
}

/** @returns {SessionKey} */
function randomSession() {
  return {
    accessKeyId: `ASIA${randomText(16)}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    token: randomBytes(240).toString('base64'),
  };
}

/** @param {number} length */
function randomText(length) {
  return Array.from({ length }, () => base32[randomInt(base32.length)]).join('');
}
