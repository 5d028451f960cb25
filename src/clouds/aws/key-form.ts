import { awsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { KeyField, KeyForm, KeyValues } from '../key-contract.ts';
import type { AccessKey } from './key-values.ts';
import { keyFaultsOf, readSettings } from './user-settings.ts';

const defaultDuration = '12h';

/** The form of the long-lived key of an IAM user. @throws ERR_CONFIG_INVALID */
export function createKeyForm(identity: Identity): KeyForm {
  const { credentials, session, locate } = identity;
  // Report an invalid configuration now, not at the first value that the user enters.
  readSettings(identity);
  const check = (property: keyof AccessKey) => (value: string) => {
    const [fault] = keyFaultsOf(identity, { [property]: value });
    return fault && `${fault.name} ${fault.message}`;
  };
  const configured = (value: unknown, path: readonly string[], title: string) =>
    typeof value === 'string' && value !== '' ? { value, source: locate(path), title } : undefined;
  const device = configured(credentials['mfa_arn'], ['credentials', 'mfa_arn'], 'mfa_arn');
  const duration = configured(session.duration, ['session', 'duration'], 'the session duration');
  const fields: readonly KeyField[] = [
    {
      name: 'access_key_id',
      label: 'AWS Access Key ID',
      isSecret: false,
      isOptional: false,
      check: check('accessKeyId'),
    },
    {
      name: 'secret_access_key',
      label: 'AWS Secret Access Key',
      isSecret: true,
      isOptional: false,
      check: check('secretAccessKey'),
    },
    {
      name: 'mfa_arn',
      label: 'MFA ARN',
      isSecret: false,
      isOptional: true,
      check: check('mfaArn'),
      ...withoutAbsent({ configured: device }),
    },
    {
      name: 'session_duration',
      label: 'Session Duration',
      isSecret: false,
      isOptional: true,
      default: defaultDuration,
      check: check('sessionDuration'),
      ...withoutAbsent({ configured: duration }),
    },
  ];
  return { fields, parse: parseAccessKey, make: makeKey };
}

function makeKey(values: KeyValues): ReturnType<KeyForm['make']> {
  const { access_key_id: id = '', secret_access_key: secret = '' } = values;
  return awsCredentials({
    accessKeyId: id,
    secretAccessKey: secret,
    ...withoutAbsent({ mfaArn: values['mfa_arn'], sessionDuration: values['session_duration'] }),
  });
}

/** Our field names, and the names in the output of `aws iam create-access-key`. */
const fieldsOfAws: Readonly<Record<string, string>> = {
  access_key_id: 'AccessKeyId',
  secret_access_key: 'SecretAccessKey',
};

/**
 * Parses `{"access_key_id", "secret_access_key", "mfa_arn"?, "session_duration"?}`, or the output
 * of `aws iam create-access-key`.
 *
 * @throws ERR_USAGE with the missing field, without quoting the input
 */
function parseAccessKey(json: string): KeyValues {
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
    access_key_id: required('access_key_id'),
    secret_access_key: required('secret_access_key'),
    ...withoutAbsent({
      mfa_arn: optional('mfa_arn'),
      session_duration: optional('session_duration'),
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
        'write {"access_key_id": "…", "secret_access_key": "…"}, optionally with "mfa_arn" and "session_duration"',
      ),
      say('or give the output of "aws iam create-access-key", which creates a new access key'),
    ],
  });
}
