import { AtmosError } from '../../core/errors.ts';
import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';
import { parseDuration } from '../../core/time.ts';

/** What may be stored beside a key. */
export interface KeyNotes {
  readonly mfaArn?: string;
  /** As a person writes it: `12h`. */
  readonly sessionDuration?: string;
}

/** What `user configure` stores, as a person or a program gave it. */
export interface AccessKey extends KeyNotes {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Ids that look like those of access keys, by their first four letters. */
const otherIds: Readonly<Record<string, string>> = {
  ASIA: 'of a session, which ends; a long-lived key starts with AKIA',
  AIDA: 'of a user, not of an access key',
  AROA: 'of a role, not of an access key',
  AGPA: 'of a group, not of an access key',
  ANPA: 'of a policy, not of an access key',
};

// None of these quotes what it was given: that may be the secret, in the wrong place.

/** Why this cannot be the id of an access key; undefined when it can. */
export function accessKeyIdFault(id: string): string | undefined {
  if (id === '') return 'the access key id is empty';
  if (/\s/.test(id)) return 'the access key id has a space or a line break in it';
  const other = otherIds[id.slice(0, 4)];
  if (other !== undefined) return `the access key id is the id ${other}`;
  if (/^[A-Za-z0-9/+=]{40}$/.test(id)) {
    return 'the access key id looks like a secret: were the two swapped?';
  }
  if (!/^[A-Z0-9]{16,128}$/.test(id)) {
    return 'the access key id is not 16 to 128 capital letters and digits, like AKIAIOSFODNN7EXAMPLE';
  }
  return undefined;
}

/** Why this cannot be a secret access key; undefined when it can. */
export function secretAccessKeyFault(secret: string): string | undefined {
  if (secret === '') return 'the secret access key is empty';
  if (/\s/.test(secret)) return 'the secret access key has a space or a line break in it';
  if (/^A[KS]IA[A-Z0-9]{16}$/.test(secret)) {
    return 'the secret access key looks like an id: were the two swapped?';
  }
  if (!/^[A-Za-z0-9/+=]+$/.test(secret)) {
    return 'the secret access key has other characters than letters, digits, /, + and =';
  }
  if (secret.length !== 40) {
    return `the secret access key has ${secret.length} characters, and one of AWS has 40`;
  }
  return undefined;
}

/** Why this names no MFA device; undefined when it does: an ARN, or the serial number of hardware. */
export function mfaArnFault(arn: string): string | undefined {
  const isArn = /^arn:aws(-[a-z]+)*:iam::\d{12}:mfa\/[\w+=,.@/-]{1,128}$/.test(arn);
  if (isArn || /^(?!A[KS]IA)[A-Z0-9]{9,32}$/.test(arn)) return undefined;
  return 'the MFA device is neither an ARN like arn:aws:iam::123456789012:mfa/name nor a serial number';
}

/** Why this is no duration; undefined when it is. */
export function durationFault(duration: string): string | undefined {
  try {
    parseDuration(duration);
    return undefined;
  } catch {
    return 'the session duration is not one like 12h, 1h30m, 900s, 2d or 900 (seconds)';
  }
}

/** @throws ERR_USAGE saying every fault, and where the key came from */
export function checkAccessKey(key: AccessKey, source: string): void {
  const faults = [
    accessKeyIdFault(key.accessKeyId),
    secretAccessKeyFault(key.secretAccessKey),
    key.mfaArn === undefined ? undefined : mfaArnFault(key.mfaArn),
    key.sessionDuration === undefined ? undefined : durationFault(key.sessionDuration),
  ].filter((fault) => fault !== undefined);
  if (faults.length === 0) return;
  const lines = faults.map((fault) => `${fault} (from ${source})`);
  throw new AtmosError('ERR_USAGE', lines);
}

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
      'give {"access_key_id": "…", "secret_access_key": "…"}, with "mfa_arn" and "session_duration" if you like',
      'aws iam create-access-key | atmos auth user configure --stdin',
    ],
  });
}
