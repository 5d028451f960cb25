import type { AccessKey } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { pipe, say } from '../../core/hint.ts';
import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';

/** Our fields, and where `aws iam create-access-key` has the same. */
const fieldsOfAws: Readonly<Record<string, string>> = {
  access_key_id: 'AccessKeyId',
  secret_access_key: 'SecretAccessKey',
};

/**
 * Reads `{"access_key_id", "secret_access_key", "mfa_arn"?, "session_duration"?}`, or what
 * `aws iam create-access-key` prints.
 *
 * @throws ERR_USAGE naming what is missing, without a word of the input
 */
export function parseAccessKey(json: string): AccessKey {
  const given = parseInput(json);
  const created = given['AccessKey'];
  const isCreated = isObject(created);
  const fields = isCreated ? created : given;
  const nameOf = (field: string) => (isCreated ? (fieldsOfAws[field] ?? field) : field);
  const required = (field: string): string => {
    const value = fields[nameOf(field)];
    if (typeof value === 'string') return value;
    const shown = `${isCreated ? 'AccessKey.' : ''}${nameOf(field)}`;
    throw badInput(
      `${shown} ${value === undefined ? 'is missing' : 'is not text'} in the JSON on standard input`,
    );
  };
  const optional = (field: string): string | undefined => {
    const value = given[field];
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw badInput(`${field} is not text in the JSON on standard input`);
  };
  return {
    accessKeyId: required('access_key_id'),
    secretAccessKey: required('secret_access_key'),
    ...withoutAbsent({
      mfaArn: optional('mfa_arn'),
      sessionDuration: optional('session_duration'),
    }),
  };
}

function parseInput(json: string): Record<string, unknown> {
  if (json.trim() === '') throw badInput('standard input is empty');
  const value = parseJson(json);
  if (value === undefined) throw badInput('standard input is not JSON');
  if (!isObject(value)) throw badInput('the JSON on standard input is not an object');
  return value;
}

function badInput(message: string): AtmosError {
  return new AtmosError('ERR_USAGE', message, {
    hints: [
      say(
        'give {"access_key_id": "…", "secret_access_key": "…"}, with "mfa_arn" and "session_duration" if you like',
      ),
      pipe(['aws', 'iam', 'create-access-key'], ['atmos', 'auth', 'user', 'configure', '--stdin']),
    ],
  });
}
