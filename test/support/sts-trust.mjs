// Who may assume which role, and what a session inherits from the session that opened it.
import { Refusal } from './sts-answers.mjs';
import { invalidValue } from './sts-parameters.mjs';

/**
 * @import { KnownKey, StsPrincipal, StsRole, StsTags, StsTrust,
 *   WebIdentity } from './sts-types.ts'
 *
 * @typedef {object} Asked
 * @property {string | undefined} externalId
 * @property {string | undefined} sourceIdentity requested or inherited
 * @property {boolean} hasTags requested or inherited
 * @property {boolean} hasMfa
 */

/**
 * @param {StsRole | undefined} role undefined: STS answers as for a role that may not be assumed
 * @param {string} roleArn
 * @param {StsPrincipal} caller
 * @param {Asked} asked
 * @returns {StsRole}
 * @throws {Refusal} AccessDenied, which names the missing permission
 */
export function checkTrust(role, roleArn, caller, asked) {
  const statements = role?.trust ?? [];
  const needed = [
    ...(asked.sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
    'sts:AssumeRole',
    ...(asked.hasTags ? ['sts:TagSession'] : []),
  ];
  const missing = needed.find(
    (action) => !statements.some((statement) => allows(statement, action, caller, asked)),
  );
  if (role && missing === undefined) return role;
  throw new Refusal(
    'AccessDenied',
    `User: ${caller.arn} is not authorized to perform: ${missing} on resource: ${roleArn}`,
  );
}

/**
 * @param {StsRole | undefined} role
 * @param {WebIdentity} identity
 * @returns {StsRole}
 * @throws {Refusal}
 */
export function checkWebIdentityTrust(role, { issuer, audience, subject }) {
  const isTrusted = role?.trust.some(
    (statement) =>
      'issuer' in statement &&
      statement.issuer === issuer &&
      (statement.audience ?? audience) === audience &&
      matches(statement.subject ?? '*', subject),
  );
  if (role && isTrusted === true) return role;
  throw new Refusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity');
}

/**
 * What the new session carries on: transitive tags and the source identity of the calling session
 * stay through the chain and cannot be replaced.
 *
 * @param {KnownKey} caller
 * @param {{ tags: StsTags, transitiveTagKeys: readonly string[] }} requested
 * @param {string | undefined} sourceIdentity
 * @returns {{ tags: StsTags, transitiveTagKeys: string[], sourceIdentity: string | undefined }}
 * @throws {Refusal}
 */
export function inheritFrom({ session }, requested, sourceIdentity) {
  const inheritedKeys = session?.transitiveTagKeys ?? [];
  const inherited = Object.entries(session?.tags ?? {}).filter(([key]) => has(inheritedKeys, key));
  if (Object.keys(requested.tags).some((key) => has(inheritedKeys, key))) {
    throw invalidValue(
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  const fixed = session?.sourceIdentity;
  if (fixed !== undefined && sourceIdentity !== undefined && sourceIdentity !== fixed) {
    throw new Refusal(
      'ValidationError',
      'The source identity is already set for this assume role session',
      400,
    );
  }
  return {
    tags: { ...Object.fromEntries(inherited), ...requested.tags },
    transitiveTagKeys: [...inheritedKeys, ...requested.transitiveTagKeys],
    sourceIdentity: fixed ?? sourceIdentity,
  };
}

/**
 * @param {StsTrust} statement
 * @param {string} action
 * @param {StsPrincipal} caller
 * @param {Asked} asked
 */
function allows(statement, action, caller, asked) {
  if (!('principal' in statement)) return false;
  const { principal, externalId, sourceIdentity, needsMfa = false, denies = [] } = statement;
  const names = ['*', caller.arn, caller.roleArn, `arn:aws:iam::${caller.account}:root`];
  return (
    names.includes(principal) &&
    (externalId ?? asked.externalId) === asked.externalId &&
    (sourceIdentity ?? asked.sourceIdentity) === asked.sourceIdentity &&
    (!needsMfa || asked.hasMfa) &&
    !denies.some((denied) => denied === action)
  );
}

/**
 * @param {string} pattern with `*` for any text
 * @param {string} text
 */
function matches(pattern, text) {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

/**
 * The keys of tags are equal whatever their case.
 *
 * @param {readonly string[]} keys
 * @param {string} key
 */
function has(keys, key) {
  return keys.some((one) => one.toLowerCase() === key.toLowerCase());
}
