import { awsCredentials, type AwsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { isObject, parseJson, withoutAbsent } from '../../core/json.ts';
import { formatTimestamp, parseTimestamp } from '../../core/time.ts';
import type { OpenContext, Opened } from '../contract.ts';
import { runConfiguredCommand, type ConfiguredCommand } from '../run-command.ts';
import type { OutsideSettings } from './outside-settings.ts';

const limits = { timeoutMs: 60_000, maxBytes: 64 * 1024 };
const minLifeMs = 60_000;

/** Runs the command and reads what it prints. @throws ERR_AUTH_SOURCE_FAILED */
export async function runProcess(
  command: Omit<ConfiguredCommand, 'title'>,
  { region }: OutsideSettings,
  context: Pick<OpenContext, 'host' | 'commandEnv'>,
): Promise<Opened> {
  const title = 'the credential command';
  const output = await runConfiguredCommand({ ...command, title }, context, limits);
  const named = `${title} (${command.place})`;
  const credentials = parseProcessAnswer(output, { named, now: context.host.now() });
  return {
    credentials: awsCredentials({ ...credentials, ...withoutAbsent({ region }) }),
    clockOffsetMs: 0,
    limits: [],
  };
}

/**
 * Parses the output of a `credential_process`, version 1 of the AWS format. Other keys are ignored.
 *
 * - Without `Expiration`, the credentials do not expire.
 * - With it, they must be a session that is valid for at least another minute.
 *
 * @param about `named`: the command in messages
 * @throws ERR_AUTH_SOURCE_FAILED; the message quotes nothing of the output but the expiry
 */
export function parseProcessAnswer(
  output: string,
  { named, now }: { readonly named: string; readonly now: Date },
): Omit<AwsCredentials, 'type'> {
  const fail = (message: string) => unusable(`${named} ${message}`);
  if (output.trim() === '') throw fail('printed nothing');
  const answer = parseJson(output);
  if (!isObject(answer)) throw fail('did not print one JSON object');
  if (answer['Version'] !== 1) throw fail('printed no answer of Version 1');
  const required = (key: string) => {
    const value = answer[key];
    if (isPlain(value)) return value;
    throw fail(value === undefined ? `printed no ${key}` : `printed an invalid ${key}`);
  };
  const optional = (key: string) => ((answer[key] ?? '') === '' ? undefined : required(key));
  const credentials = {
    accessKeyId: required('AccessKeyId'),
    secretAccessKey: required('SecretAccessKey'),
  };
  const [sessionToken, expiration] = [optional('SessionToken'), optional('Expiration')];
  if (expiration === undefined) return { ...credentials, ...withoutAbsent({ sessionToken }) };
  const expiresAt = parseTimestamp(expiration);
  if (expiresAt === undefined) throw fail('printed an invalid Expiration');
  if (sessionToken === undefined) throw fail('printed an Expiration, but no SessionToken');
  if (expiresAt.getTime() - now.getTime() < minLifeMs) {
    throw fail(`printed credentials that expire at ${formatTimestamp(expiresAt)}`);
  }
  return { ...credentials, sessionToken, expiresAt };
}

/** As the answers of STS: longer values or other characters cannot be sent. */
function isPlain(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value);
}

function unusable(message: string): AtmosError {
  return new AtmosError('ERR_AUTH_SOURCE_FAILED', message, {
    hints: [say('run the command in a shell to see its output')],
  });
}
