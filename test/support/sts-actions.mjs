// What each action of STS does, once the request is known to be genuine.
import { roleSession } from './sts-accounts.mjs';
import { Refusal, callerIdentity, issued } from './sts-answers.mjs';
import { readDuration, readPolicies, readTags, readTexts } from './sts-parameters.mjs';
import { checkTrust, checkWebIdentityTrust, inheritFrom } from './sts-trust.mjs';
import { verifyWebIdentity } from './web-identity.mjs';

/**
 * @import { KnownKey, StsAccounts, StsAnswer, StsOptions, StsPrincipal } from './sts-types.ts'
 *
 * @typedef {object} Context
 * @property {StsAccounts} accounts
 * @property {Date} at the server's time
 * @property {string} host that the client named
 * @property {Pick<StsOptions, 'issuers' | 'organization'>} options
 */

const roleRange = { min: 900, max: 43_200, otherwise: 3600 };
const rootRange = { min: 0, max: 900, otherwise: 900 };
const userRange = { min: 900, max: 129_600, otherwise: 43_200 };
const maxChainedSeconds = 3600;
/** An estimate: AWS packs policies and tags in a binary form that it does not publish. */
const packedBytes = 4096;
const globalHost = 'sts.amazonaws.com';
const rootTasks = [
  'IAMAuditRootUserCredentials',
  'IAMCreateRootUserPassword',
  'IAMDeleteRootUserCredentials',
  'S3UnlockBucketPolicy',
  'SQSUnlockQueuePolicy',
];

/** @type {{ managementAccount?: string, memberAccounts: string[] }} */
const noOrganization = { memberAccounts: [] };

/**
 * Performs an action whose caller signed the request.
 *
 * @param {URLSearchParams} params
 * @param {KnownKey} caller
 * @param {Context} context
 * @returns {StsAnswer}
 * @throws {Refusal}
 */
export function perform(params, caller, context) {
  switch (params.get('Action')) {
    case 'GetCallerIdentity':
      return callerIdentity(caller.principal);
    case 'GetSessionToken':
      return getSessionToken(params, caller, context);
    case 'AssumeRole':
      return assumeRole(params, caller, context);
    case 'AssumeRoot':
      return assumeRoot(params, caller, context);
    default:
      throw new Refusal(
        'InvalidAction',
        `Could not find operation ${params.get('Action')} for version ${params.get('Version')}`,
        400,
      );
  }
}

/**
 * Performs the action that needs no signature.
 *
 * @param {URLSearchParams} params
 * @param {Context} context
 * @returns {Promise<StsAnswer>}
 * @throws {Refusal}
 */
export async function assumeRoleWithWebIdentity(params, { accounts, at, options }) {
  const { RoleArn, RoleSessionName, WebIdentityToken } = readTexts(
    params,
    ['RoleArn', 'RoleSessionName', 'WebIdentityToken'],
    [],
  );
  const seconds = readDuration(params, roleRange);
  const policies = readPolicies(params);
  const identity = await verifyWebIdentity(WebIdentityToken, options.issuers ?? [], at);
  const role = checkWebIdentityTrust(accounts.findRole(RoleArn), identity);
  checkRoleMaximum(seconds, role.maxSessionSeconds);
  const { tags, transitiveTagKeys, sourceIdentity, issuer, subject, audience } = identity;
  const packed = packedSize(policies, tags);
  const principal = roleSession(RoleArn, RoleSessionName);
  const key = accounts.issue(principal, {
    expiresAt: expiryOf(at, seconds),
    tags,
    transitiveTagKeys,
    sourceIdentity,
    hasMfa: false,
  });
  return issued('AssumeRoleWithWebIdentity', key, {
    SubjectFromWebIdentityToken: subject,
    Provider: `arn:aws:iam::${principal.account}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`,
    Audience: audience,
    SourceIdentity: sourceIdentity,
    PackedPolicySize: packed,
  });
}

/**
 * @param {URLSearchParams} params
 * @param {KnownKey} caller
 * @param {Context} context
 */
function assumeRole(params, caller, { accounts, at }) {
  const { RoleArn, RoleSessionName, ...optional } = readTexts(
    params,
    ['RoleArn', 'RoleSessionName'],
    ['ExternalId', 'SerialNumber', 'TokenCode', 'SourceIdentity'],
  );
  const seconds = readDuration(params, roleRange);
  const policies = readPolicies(params);
  const carried = inheritFrom(caller, readTags(params), optional.SourceIdentity);
  const packed = packedSize(policies, carried.tags);
  if (caller.principal.kind === 'root') {
    throw new Refusal('AccessDenied', 'Roles may not be assumed by root accounts.');
  }
  const hasMfa = hasSecondFactor(caller, optional, accounts);
  const role = checkTrust(accounts.findRole(RoleArn), RoleArn, caller.principal, {
    externalId: optional.ExternalId,
    sourceIdentity: carried.sourceIdentity,
    hasTags: Object.keys(carried.tags).length > 0,
    hasMfa,
  });
  checkRoleMaximum(seconds, role.maxSessionSeconds);
  // Users report this answer for sessions of GetSessionToken as well. The reference does not say it.
  if (caller.session !== undefined && seconds > maxChainedSeconds) {
    throw new Refusal(
      'ValidationError',
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      400,
    );
  }
  const key = accounts.issue(roleSession(RoleArn, RoleSessionName), {
    ...carried,
    expiresAt: expiryOf(at, seconds),
    // A role session carries no second factor to the next role.
    hasMfa: false,
  });
  return issued('AssumeRole', key, {
    SourceIdentity: carried.sourceIdentity,
    PackedPolicySize: packed,
  });
}

/**
 * The API reference names no error for the global endpoint, for a task policy of another name and
 * for an account outside the organization: their codes and texts are assumptions.
 *
 * @param {URLSearchParams} params
 * @param {KnownKey} caller
 * @param {Context} context
 */
function assumeRoot(params, caller, { accounts, at, host, options }) {
  const { TargetPrincipal, 'TaskPolicyArn.arn': task } = readTexts(
    params,
    ['TargetPrincipal', 'TaskPolicyArn.arn'],
    [],
  );
  const seconds = readDuration(params, rootRange);
  if (host === globalHost) {
    throw new Refusal('AccessDenied', 'AssumeRoot is not supported by the global endpoint.');
  }
  if (!rootTasks.some((name) => task === `arn:aws:iam::aws:policy/root-task/${name}`)) {
    throw new Refusal('ValidationError', `${task} is not a task policy for AssumeRoot`, 400);
  }
  const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(TargetPrincipal)?.[1];
  const { managementAccount, memberAccounts } = options.organization ?? noOrganization;
  const { principal, session } = caller;
  const isSessionOfUser = principal.kind === 'user' && session !== undefined;
  if (
    account === undefined ||
    !memberAccounts.includes(account) ||
    principal.account !== managementAccount ||
    principal.kind === 'root' ||
    isSessionOfUser
  ) {
    throw new Refusal(
      'AccessDenied',
      `User: ${principal.arn} is not authorized to perform: sts:AssumeRoot on resource: ${TargetPrincipal}`,
    );
  }
  /** @type {StsPrincipal} */
  const root = { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account };
  const key = accounts.issue(root, {
    expiresAt: expiryOf(at, seconds),
    tags: {},
    transitiveTagKeys: [],
    sourceIdentity: session?.sourceIdentity,
    hasMfa: false,
  });
  return issued('AssumeRoot', key, { SourceIdentity: session?.sourceIdentity });
}

/**
 * @param {URLSearchParams} params
 * @param {KnownKey} caller
 * @param {Context} context
 */
function getSessionToken(params, caller, { accounts, at }) {
  if (caller.session) {
    throw new Refusal('AccessDenied', 'Cannot call GetSessionToken with session credentials');
  }
  const device = readTexts(params, [], ['SerialNumber', 'TokenCode']);
  const seconds = readDuration(params, userRange);
  const key = accounts.issue(caller.principal, {
    expiresAt: expiryOf(at, seconds),
    tags: {},
    transitiveTagKeys: [],
    sourceIdentity: undefined,
    hasMfa: hasSecondFactor(caller, device, accounts),
  });
  return issued('GetSessionToken', key);
}

/**
 * @param {KnownKey} caller
 * @param {{ SerialNumber: string | undefined, TokenCode: string | undefined }} device
 * @param {StsAccounts} accounts
 * @returns {boolean}
 * @throws {Refusal} when the code is not one of the user's device
 */
function hasSecondFactor({ principal, session }, { SerialNumber, TokenCode }, accounts) {
  if (SerialNumber === undefined && TokenCode === undefined) return session?.hasMfa === true;
  if (SerialNumber === undefined || TokenCode === undefined) {
    throw mfaFailure(', must provide both MFA serial number and one time pass code.');
  }
  const { mfa } = principal;
  if (mfa?.arn !== SerialNumber) {
    throw mfaFailure(
      ', unable to validate MFA code.  ' +
        'Please verify your MFA serial number is valid and associated with this user.',
    );
  }
  if (!accounts.takeCode(mfa, TokenCode)) {
    throw mfaFailure(' with invalid MFA one time pass code. ');
  }
  return true;
}

/** @param {string} reason */
function mfaFailure(reason) {
  return new Refusal('AccessDenied', `MultiFactorAuthentication failed${reason}`);
}

/**
 * @param {number} seconds
 * @param {number} [max] of the role; IAM's default is an hour
 */
function checkRoleMaximum(seconds, max = 3600) {
  if (seconds <= max) return;
  throw new Refusal(
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    400,
  );
}

/**
 * @param {string} policies
 * @param {Readonly<Record<string, string>>} tags
 * @returns {number | undefined} the per cent of the allowed size that is used; undefined without policies and tags
 * @throws {Refusal} PackedPolicyTooLarge
 */
function packedSize(policies, tags) {
  const tagged = Object.entries(tags).flat().join('');
  if (policies === '' && tagged === '') return undefined;
  const percent = Math.ceil((Buffer.byteLength(policies + tagged) * 100) / packedBytes);
  if (percent <= 100) return percent;
  const message =
    tagged.length > policies.length
      ? `Packed size of session tags consumes ${percent}% of allotted space.`
      : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`;
  throw new Refusal('PackedPolicyTooLarge', message, 400);
}

/**
 * STS reports the expiry in whole seconds.
 *
 * @param {Date} at
 * @param {number} seconds
 */
function expiryOf(at, seconds) {
  return new Date((Math.floor(at.getTime() / 1000) + seconds) * 1000);
}
