// The accounts of the stand-in: users with their access keys and MFA devices, and the sessions it
// has issued.
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** @import { KnownKey, SessionKey, StsAccounts, StsKey, StsUser } from './sts-types.ts' */

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * @param {readonly StsKey[]} keys
 * @param {() => SessionKey} [newSession]
 * @returns {StsAccounts}
 */
export function createAccounts(keys, newSession = randomSession) {
  /** @type {Map<string, KnownKey>} */
  const known = new Map();
  for (const key of keys) {
    const { accessKeyId, secretAccessKey } = key;
    known.set(accessKeyId, { accessKeyId, secretAccessKey, user: userOf(key) });
  }
  /** @type {Set<string>} */
  const usedCodes = new Set();

  return {
    find: (accessKeyId) => known.get(accessKeyId),
    issue(user, expiresAt) {
      const { token, ...pair } = newSession();
      const key = { user, ...pair, session: { token, expiresAt } };
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
 * @param {StsKey} key
 * @returns {StsUser}
 */
function userOf({ account, userName, mfa }) {
  const digest = createHash('sha256').update(`${account}/${userName}`).digest();
  const id = Array.from(digest.subarray(0, 17), (byte) => base32[byte % base32.length]).join('');
  return { account, arn: `arn:aws:iam::${account}:user/${userName}`, userId: `AIDA${id}`, mfa };
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
