// Reads a request strictly: what the API does not have is a problem, which is reported to the test.
import { SsoError, errorAnswer } from './sso-answers.mjs';

/**
 * @import { SignedRequest } from '../sts-types.ts'
 * @import { SsoAnswer, SsoCall, SsoOperation, SsoOperations,
 *   SsoRequest } from './identity-center-types.ts'
 *
 * @typedef {Readonly<Record<string, string | string[]>>} Params
 */

/** Parameters that are not shown in `calls`. */
const secrets = new Set(['clientSecret', 'deviceCode', 'code', 'codeVerifier', 'refreshToken']);
const formType = 'application/x-www-form-urlencoded';

/** Thrown inside this file: the request has something that the API does not have. */
class Problem extends Error {}

/**
 * @param {SignedRequest} request
 * @param {SsoOperations} operations
 * @param {Date} at
 * @returns {{ call: SsoCall } &
 *   ({ operation: SsoOperation, request: SsoRequest } | { refusal: SsoAnswer })}
 */
export function readOperation(request, operations, at) {
  const { method, headers } = request;
  const { pathname: path, searchParams: query } = new URL(request.url, 'http://stand-in');
  const operation = operations[`${method} ${path}`];
  const call = { action: operation?.name ?? '(none)', method, path, params: {}, at };
  if (!operation) {
    const isPath = Object.keys(operations).some((key) => key.endsWith(` ${path}`));
    return refused(call, `${method} ${path}: unknown ${isPath ? 'method' : 'path'}`, isPath);
  }
  try {
    const params = readParams(operation, request, query);
    const action = nameOf(operation, params);
    return {
      call: { ...call, action, params: shown(params) },
      operation,
      request: { headers, params },
    };
  } catch (error) {
    if (error instanceof Problem) return refused(call, `${operation.name}: ${error.message}`);
    throw error;
  }
}

/**
 * @param {SsoCall} call
 * @param {string} problem
 * @param {boolean} isPath
 */
function refused(call, problem, isPath = true) {
  const refusal = errorAnswer(new SsoError('InvalidRequestException', problem));
  return { call: { ...call, problem }, refusal: { ...refusal, status: isPath ? 400 : 404 } };
}

/**
 * @param {SsoOperation} operation
 * @param {SignedRequest} request
 * @param {URLSearchParams} query
 * @returns {Params}
 */
function readParams({ input, required, optional, lists = [] }, { headers, body }, query) {
  const params = paramsOf(input, headers['content-type'], body.toString(), query);
  const known = [...required, ...optional];
  for (const [name, value] of Object.entries(params)) {
    if (!known.includes(name)) throw new Problem(`unknown parameter ${name}`);
    if (Array.isArray(value) !== lists.includes(name)) {
      throw new Problem(`${name} is ${Array.isArray(value) ? '' : 'not '}a list`);
    }
  }
  const missing = required.find((name) => params[name] === undefined);
  if (missing !== undefined) throw new Problem(`missing parameter ${missing}`);
  return params;
}

/**
 * @param {SsoOperation['input']} input
 * @param {string | undefined} type
 * @param {string} body
 * @param {URLSearchParams} query
 * @returns {Params}
 */
function paramsOf(input, type = '', body, query) {
  if (input === 'query') {
    if (body !== '') throw new Problem('unknown body');
    return fieldsOf(query);
  }
  if (query.size > 0) throw new Problem(`unknown parameter ${[...query.keys()].join(', ')}`);
  const wanted = input === 'json' ? 'application/json' : formType;
  if (type.split(';')[0] !== wanted) throw new Problem(`Content-Type is not ${wanted}`);
  return input === 'json' ? jsonOf(body) : fieldsOf(new URLSearchParams(body));
}

/**
 * @param {URLSearchParams} fields
 * @returns {Params}
 */
function fieldsOf(fields) {
  const repeated = [...fields.keys()].find((name) => fields.getAll(name).length > 1);
  if (repeated !== undefined) throw new Problem(`repeated parameter ${repeated}`);
  return Object.fromEntries(fields);
}

/**
 * @param {string} body
 * @returns {Params}
 */
function jsonOf(body) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Problem('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new Problem('the body is not an object');
  for (const [name, one] of Object.entries(value)) {
    const texts = Array.isArray(one) ? one : [one];
    if (texts.some((text) => typeof text !== 'string')) throw new Problem(`${name} is not text`);
  }
  return /** @type {Params} */ (value);
}

/**
 * @param {SsoOperation} operation
 * @param {Params} params
 */
function nameOf({ name }, { grantType }) {
  return grantType === undefined ? name : `${name} ${String(grantType).split(':').at(-1)}`;
}

/** @param {Params} params */
function shown(params) {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, secrets.has(name) ? '******' : value]),
  );
}
