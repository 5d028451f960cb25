import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { awsCredentials } from '../../core/credentials.ts';
import { AtmosError } from '../../core/errors.ts';
import { optionWords, run, say, unsetVariable, type Hint } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { formatTimestamp } from '../../core/time.ts';
import type { Host } from '../../host/host.ts';
import { readRegularFile } from '../../host/read-files.ts';
import { withinLimit } from '../../host/time-limit.ts';
import { withLine } from '../../host/with-line.ts';
import type { OpenContext, Opened } from '../contract.ts';
import { maxConnectMs } from '../network-failure.ts';
import { guard, placesRunning } from '../run-command.ts';
import { openTransport } from '../transport.ts';
import { splitWords } from './ini.ts';
import type { OutsideSettings } from './outside-settings.ts';
import { profileOf } from './process-profile.ts';
import { sharedPaths } from './shared-paths.ts';
import { readSharedProfiles, type Profile, type ProfileSetting } from './shared-profiles.ts';
import { silenceVersionWarning } from './version-warning.ts';

const minLifeMs = 60_000;

/**
 * Finds the AWS credentials of the environment as the AWS SDK does, within the time limit of the
 * context. The SDK reads the real environment of the process, not that of the host. Its requests for a
 * web identity, a role or a portal go the same way as our own.
 *
 * @throws ERR_AUTH_SOURCE_FAILED if they are missing, if they expire within a minute, or if they would
 *   come from this identity; the message never quotes the error of the SDK, which may contain the
 *   output of a program
 */
export async function openAmbient(
  identity: Pick<Identity, 'name' | 'locate'>,
  { region }: OutsideSettings,
  { host, timeoutMs, warn }: Pick<OpenContext, 'host' | 'timeoutMs' | 'warn'>,
): Promise<Opened> {
  const { env } = host;
  refuseLoop(identity.name, host);
  const place = placeOf(identity, env);
  if (isSet(env, 'AWS_PROFILE') && hasKeys(env)) {
    warn('AWS_PROFILE and AWS_ACCESS_KEY_ID are both set: the credentials of the profile are used');
  }
  silenceVersionWarning();
  const transport = openTransport({ connectTimeoutMs: maxConnectMs, host });
  const provide = defaultProvider({
    clientConfig: { requestHandler: transport.handler, ...withoutAbsent({ region }) },
    logger: silent,
  });
  try {
    const limit = () => failed(`${sourceOf(env)} gave none within ${timeoutMs / 1000} seconds`);
    const found = await withLine(guard, `${host.processId} ${place}`, () =>
      withinLimit(host, timeoutMs, provide(), limit),
    ).catch((error: unknown) => {
      throw error instanceof AtmosError ? error : noneFound(error, env);
    });
    const { accessKeyId, secretAccessKey, sessionToken, expiration: expiresAt } = found;
    if (expiresAt !== undefined) checkExpiry(expiresAt, host);
    const optional = withoutAbsent({ sessionToken, expiresAt, region });
    const credentials = awsCredentials({ accessKeyId, secretAccessKey, ...optional });
    return { credentials, clockOffsetMs: 0, limits: [] };
  } finally {
    transport.handler.destroy();
  }
}

/** The SDK would write its warnings to the console. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

function checkExpiry(expiresAt: Date, { env, now }: Host): void {
  if (expiresAt.getTime() - now().getTime() >= minLifeMs) return;
  throw failed(`those of ${sourceOf(env)} expire at ${formatTimestamp(expiresAt)}`, [
    say('renew the credentials of the environment'),
  ]);
}

/** What the SDK uses first, for a message. */
function sourceOf(env: Host['env']): string {
  if (isSet(env, 'AWS_PROFILE')) return `the profile ${env['AWS_PROFILE']} (AWS_PROFILE)`;
  if (hasKeys(env)) return 'the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
  if (isSet(env, 'AWS_WEB_IDENTITY_TOKEN_FILE')) return 'the web identity of the environment';
  if (/AWS_CONTAINER_CREDENTIALS_(RELATIVE|FULL)_URI/.test(Object.keys(env).join())) {
    return 'the role of the container';
  }
  return 'the shared files and the role of the instance';
}

function noneFound(error: unknown, env: Host['env']): AtmosError {
  // A code of AWS, such as AccessDenied. The message may quote the output of a program.
  const name = error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : '';
  const isOfSdk = name === '' || name === 'Error' || name === 'CredentialsProviderError';
  const profile = env['AWS_PROFILE'];
  const ofProfile = profile ? optionWords('--profile', profile) : [];
  return failed(`${sourceOf(env)} gave none${isOfSdk ? '' : ` (${name})`}`, [
    run(['aws', 'sts', 'get-caller-identity', ...ofProfile], 'to see the reason'),
  ]);
}

/**
 * Refuses a profile that runs this program for this identity, which would ask the same profile again,
 * without end.
 */
function refuseLoop(identity: string, host: Host): void {
  const { env } = host;
  if (!isSet(env, 'AWS_PROFILE') && hasKeys(env)) return;
  const profile = env['AWS_PROFILE'] || 'default';
  const command = processOf(profile, host);
  if (command === undefined) return;
  const words = splitWords(command.value) ?? [];
  const at = words.findIndex((word, index) => {
    return word === 'auth' && words[index + 1] === 'credential-process';
  });
  if (at === -1) return;
  const args = words.slice(at);
  const isRunning = args.join('\0') === host.programArguments.join('\0');
  const isNamed = args.some((word) => [identity, `--identity=${identity}`].includes(word));
  if (!isRunning && !isNamed && profile !== profileOf(identity)) return;
  const { file, line } = command;
  throw failed(
    `the profile ${profile} (${file}:${line}) would get them from the identity ${identity} itself`,
    otherProfile(env),
  );
}

/** What is running while the SDK looks for credentials: the identity, with the profile that it reads. */
function placeOf({ locate }: Pick<Identity, 'locate'>, env: Host['env']): string {
  return `${locate()} ${JSON.stringify(env['AWS_PROFILE'] || 'default')}`;
}

/**
 * Refuses a profile that has run this program for another identity whose chain starts with this one.
 * Only the program that it started can know.
 *
 * @throws ERR_AUTH_SOURCE_FAILED
 */
export function refuseRunning(
  identity: Pick<Identity, 'name' | 'locate'>,
  { env, processId }: Host,
): void {
  if (!isSet(env, 'AWS_PROFILE') && hasKeys(env)) return;
  const place = placeOf(identity, env);
  // This process may have been asked for the same identity twice at once.
  const isByOther = (line: string) =>
    line.endsWith(` ${place}`) && line !== `${processId} ${place}`;
  if (!placesRunning(env).some(isByOther)) return;
  throw failed(
    `${sourceOf(env)} runs this program, which would get them from the identity ${identity.name} again`,
    otherProfile(env),
  );
}

function otherProfile(env: Host['env']): Hint[] {
  return isSet(env, 'AWS_PROFILE')
    ? [unsetVariable('AWS_PROFILE')]
    : [say('select another profile with AWS_PROFILE')];
}

/** The `credential_process` that a profile uses, also through its source profiles. */
function processOf(name: string, host: Host): ProfileSetting | undefined {
  // In a container without a home directory the SDK finds no files.
  if (host.homeDirectory === undefined) return undefined;
  const { profiles } = readSharedProfiles(sharedPaths(host), readIfPossible);
  const seen = new Set<string>();
  let next: string | undefined = name;
  while (next !== undefined && !seen.has(next)) {
    seen.add(next);
    const profile: Profile | undefined = profiles.get(next);
    const process = profile?.get('credential_process');
    if (process !== undefined) return process;
    next = profile?.get('source_profile')?.value;
  }
  return undefined;
}

/** The SDK treats a file that cannot be read as empty. */
function readIfPossible(path: string): string {
  try {
    return readRegularFile(path) ?? '';
  } catch {
    return '';
  }
}

function isSet(env: Host['env'], name: string): boolean {
  return (env[name] ?? '') !== '';
}

function hasKeys(env: Host['env']): boolean {
  return isSet(env, 'AWS_ACCESS_KEY_ID') && isSet(env, 'AWS_SECRET_ACCESS_KEY');
}

function failed(reason: string, hints: readonly Hint[] = []): AtmosError {
  return new AtmosError(
    'ERR_AUTH_SOURCE_FAILED',
    `the environment has no AWS credentials that can be used: ${reason}`,
    { hints },
  );
}
