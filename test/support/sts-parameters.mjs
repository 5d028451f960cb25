// The parameters of requests to STS: their limits, as its service model in botocore gives them, and
// the text with which STS refuses a value. STS checks them before it looks at trust policies.
import { Refusal } from './sts-answers.mjs';

/** @import { StsTags } from './sts-types.ts' */

/**
 * @typedef {object} Limit
 * @property {number} min in characters
 * @property {number} max in characters
 * @property {string} [pattern] as the model and the error write it
 */

/** @satisfies {Record<string, Limit>} */
const limits = {
  ExternalId: { min: 2, max: 1224, pattern: '[\\w+=,.@:\\/-]*' },
  Policy: { min: 1, max: 2048 },
  RoleArn: { min: 20, max: 2048 },
  RoleSessionName: { min: 2, max: 64, pattern: '[\\w+=,.@-]*' },
  SerialNumber: { min: 9, max: 256, pattern: '[\\w+=/:,.@-]*' },
  SourceIdentity: { min: 2, max: 64, pattern: '[\\w+=,.@-]*' },
  TargetPrincipal: { min: 12, max: 2048 },
  'TaskPolicyArn.arn': { min: 20, max: 2048 },
  TokenCode: { min: 6, max: 6, pattern: '[\\d]*' },
  WebIdentityToken: { min: 4, max: 20_000 },
};
const tagLimits = {
  key: { min: 1, max: 128, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+' },
  value: { min: 0, max: 256, pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' },
};
const maxTags = 50;
const maxPolicies = 10;
/** Values that an error does not quote. */
const sensitive = new Set(['WebIdentityToken']);

/** @typedef {keyof typeof limits} Name */

/**
 * @template {Name} Required
 * @template {Name} Optional
 * @param {URLSearchParams} params
 * @param {readonly Required[]} required
 * @param {readonly Optional[]} optional
 * @returns {Record<Required, string> & Record<Optional, string | undefined>} by name
 * @throws {Refusal} ValidationError with every problem
 */
export function readTexts(params, required, optional) {
  const names = [...required, ...optional];
  const problems = names.flatMap((name) => {
    const value = params.get(name);
    if (value !== null) return problemsOf(pathOf(name), value, limits[name], sensitive.has(name));
    return /** @type {readonly Name[]} */ (required).includes(name)
      ? [`Value null at '${pathOf(name)}' failed to satisfy constraint: Member must not be null`]
      : [];
  });
  refuse(problems);
  const entries = names.map((name) => [name, params.get(name) ?? undefined]);
  return Object.fromEntries(entries);
}

/**
 * @param {URLSearchParams} params
 * @param {{ min: number, max: number, otherwise: number }} range in seconds
 * @returns {number}
 */
export function readDuration(params, { min, max, otherwise }) {
  const text = params.get('DurationSeconds');
  if (text === null) return otherwise;
  const seconds = Number(text);
  if (!/^[+-]?\d+$/.test(text) || seconds !== (seconds | 0)) {
    throw new Refusal('MalformedInput', '', 400);
  }
  if (seconds < min || seconds > max) {
    const bound =
      seconds < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
    refuse([
      `Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${bound}`,
    ]);
  }
  return seconds;
}

/**
 * @param {URLSearchParams} params
 * @returns {{ tags: StsTags, transitiveTagKeys: string[] }}
 */
export function readTags(params) {
  const tags = listOf(params, 'Tags.member.', '.Key').map(([at, key]) => ({
    key,
    value: params.get(`Tags.member.${at}.Value`) ?? '',
  }));
  const transitiveTagKeys = listOf(params, 'TransitiveTagKeys.member.').map(([, key]) => key);
  refuse([
    ...lengthProblems('tags', tags, maxTags),
    ...lengthProblems('transitiveTagKeys', transitiveTagKeys, maxTags),
    ...tags.flatMap(({ key, value }, at) => [
      ...problemsOf(`tags.${at + 1}.member.key`, key, tagLimits.key),
      ...problemsOf(`tags.${at + 1}.member.value`, value, tagLimits.value),
    ]),
  ]);
  const keys = new Set(tags.map(({ key }) => key.toLowerCase()));
  if (keys.size < tags.length) {
    throw invalidValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  }
  if (!transitiveTagKeys.every((key) => keys.has(key.toLowerCase()))) {
    throw invalidValue('The specified transitive tag key must be included in the requested tags.');
  }
  return {
    tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    transitiveTagKeys,
  };
}

/**
 * @param {URLSearchParams} params
 * @returns {string} the session policy and the ARNs of managed session policies, one after another
 */
export function readPolicies(params) {
  const policyArns = listOf(params, 'PolicyArns.member.', '.arn').map(([, arn]) => arn);
  refuse(lengthProblems('policyArns', policyArns, maxPolicies));
  const { Policy = '' } = readTexts(params, [], ['Policy']);
  if (Policy !== '' && !isJsonObject(Policy)) {
    throw new Refusal('MalformedPolicyDocument', 'Syntax errors in policy.', 400);
  }
  return Policy + policyArns.join('');
}

/** @param {string} message */
export function invalidValue(message) {
  return new Refusal('InvalidParameterValue', message, 400);
}

/**
 * The members of a list of the query protocol, in the order of their numbers.
 *
 * @param {URLSearchParams} params
 * @param {string} prefix
 * @param {string} suffix
 * @returns {[at: number, value: string][]}
 */
function listOf(params, prefix, suffix = '') {
  /** @type {[number, string][]} */
  const members = [];
  for (const [name, value] of params) {
    const at = name.slice(prefix.length, name.length - suffix.length);
    if (name.startsWith(prefix) && name.endsWith(suffix) && /^\d+$/.test(at)) {
      members.push([Number(at), value]);
    }
  }
  return members.sort(([one], [other]) => one - other);
}

/**
 * @param {string} path
 * @param {string} value
 * @param {Limit} limit
 * @param {boolean} isHidden
 */
function problemsOf(path, value, { min, max, pattern }, isHidden = false) {
  const length = Array.from(value).length;
  const rules = [
    ...(pattern !== undefined && !new RegExp(`^${pattern}$`, 'u').test(value)
      ? [`Member must satisfy regular expression pattern: ${pattern}`]
      : []),
    ...(length < min ? [`Member must have length greater than or equal to ${min}`] : []),
    ...(length > max ? [`Member must have length less than or equal to ${max}`] : []),
  ];
  const quoted = isHidden ? '' : `'${value}' `;
  return rules.map((rule) => `Value ${quoted}at '${path}' failed to satisfy constraint: ${rule}`);
}

/**
 * @param {string} path
 * @param {readonly unknown[]} list
 * @param {number} max
 */
function lengthProblems(path, list, max) {
  if (list.length <= max) return [];
  return [
    `Value at '${path}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
  ];
}

/** @param {readonly string[]} problems */
function refuse(problems) {
  if (problems.length === 0) return;
  const count =
    problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`;
  throw new Refusal('ValidationError', `${count} detected: ${problems.join('; ')}`, 400);
}

/** @param {string} name `TaskPolicyArn.arn`, in an error `taskPolicyArn.arn` */
function pathOf(name) {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** @param {string} text */
function isJsonObject(text) {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
