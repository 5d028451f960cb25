import { join } from 'node:path';
import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import { listFiles, say, unsetVariable, type Hint } from '../../core/hint.ts';
import { showValue, type Sourced } from '../../core/json.ts';
import { reasonOf } from '../../host/denial.ts';
import type { Host } from '../../host/host.ts';
import { irregularKindAt, readRegularFile } from '../../host/read-files.ts';
import { baoCommand } from './bao-command.ts';
import type { VaultErrors } from './errors.ts';
import type { VaultContext } from './settings.ts';

// Where the secrets of a login come from: variables, files, a command. If a configured source
// has no secret, that is an error, and no other source is used.

const maxSecretBytes = 64 * 1024;
const commandLimitMs = 30_000;
/** Set for the token command, so that an atmos that it starts fails instead of looping. */
const commandGuard = 'ATMOS_KEYRING_TOKEN_COMMAND_RUNS';

/** A secret, and its source for a message. */
export interface FoundSecret {
  readonly value: string;
  readonly from: string;
  /** How to get another one. */
  readonly renewal: readonly Hint[];
}

/**
 * An existing token: `BAO_TOKEN`, `VAULT_TOKEN`, the configured file, the configured command, or the
 * file that `bao login` and `vault login` write.
 *
 * @throws ERR_KEYRING_PASSWORD_REQUIRED, ERR_KEYRING_TIMEOUT
 */
export async function findToken(
  { host, settings }: Pick<VaultContext, 'host' | 'settings'>,
  errors: VaultErrors,
): Promise<FoundSecret> {
  const { tokenFile, tokenCommand } = settings.login;
  const logIn = logInTo(settings);
  const variable = ['BAO_TOKEN', 'VAULT_TOKEN'].find((name) => host.env[name]);
  if (variable !== undefined) {
    const renewal = [unsetVariable(variable), logIn];
    const value = checkedToken(host.env[variable] ?? '', variable, errors, renewal);
    return { value, from: `the variable ${variable}`, renewal };
  }
  if (tokenFile !== undefined) return secretFile(tokenFile, 'token', errors, [newToken]);
  if (tokenCommand !== undefined) return commandToken(host, tokenCommand, errors);
  const home = host.homeDirectory && join(host.homeDirectory, '.vault-token');
  const helper =
    home && secretFileIfAny({ value: home, source: 'default' }, 'token', errors, [logIn]);
  if (helper) return { ...helper, renewal: [logIn] };
  throw errors.noToken(
    `no token for ${errors.server}: BAO_TOKEN and VAULT_TOKEN are not set, and ~/.vault-token does not exist`,
    [logIn, say('configure another login under auth.keyring.spec.auth')],
  );
}

const newToken = say(
  'write a token of the server to it, or configure another login under auth.keyring.spec.auth',
);

function logInTo(settings: VaultContext['settings']): Hint {
  return baoCommand(settings, ['login'], 'to write a new token to ~/.vault-token');
}

/** Whether {@link findToken} would run a command. */
export function isFromCommand({
  host,
  settings,
}: Pick<VaultContext, 'host' | 'settings'>): boolean {
  const { tokenFile, tokenCommand } = settings.login;
  const isSet = host.env['BAO_TOKEN'] || host.env['VAULT_TOKEN'];
  return !isSet && tokenFile === undefined && tokenCommand !== undefined;
}

/**
 * The secret in a file, without one line break at its end.
 *
 * @param what `token`, for the message
 * @param sources how to get the secret, for a file that does not exist or is empty
 * @throws ERR_KEYRING_PASSWORD_REQUIRED
 */
export function secretFile(
  file: Sourced<string>,
  what: string,
  errors: VaultErrors,
  sources: readonly Hint[],
): FoundSecret {
  const found = secretFileIfAny(file, what, errors, sources);
  if (found !== undefined) return found;
  throw errors.noToken(`${nameOfFile(file, what)} does not exist`, sources);
}

function nameOfFile(file: Sourced<string>, what: string): string {
  return `the ${what} file ${showValue(file)} (from ${file.source})`;
}

function secretFileIfAny(
  file: Sourced<string>,
  what: string,
  errors: VaultErrors,
  sources: readonly Hint[],
): FoundSecret | undefined {
  const named = nameOfFile(file, what);
  const hints = file.tag === undefined ? [listFiles([file.value])] : [];
  try {
    const text = readRegularFile(file.value, { maxBytes: maxSecretBytes });
    if (text === undefined) {
      const kind = irregularKindAt(file.value) ?? `too large for a ${what}`;
      throw errors.noToken(`${named} is ${kind}`, hints);
    }
    return { value: checkedToken(text, named, errors, sources), from: named, renewal: hints };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') return undefined;
    // The reason contains the path, which is not shown if a YAML tag provided it.
    const reason = file.tag === undefined ? reasonOf(code, file.value) : code;
    throw errors.noToken(`${named} cannot be read: ${reason}`, hints, error);
  }
}

/**
 * @param sources how to get the secret, for a variable that is not set or empty
 * @throws ERR_KEYRING_PASSWORD_REQUIRED
 */
export function secretVariable(
  variable: Sourced<string>,
  { env }: Pick<Host, 'env'>,
  errors: VaultErrors,
  sources: readonly Hint[],
): FoundSecret {
  const from = `the variable ${showValue(variable)} (named by ${variable.source})`;
  const value = env[variable.value];
  if (value === undefined) throw errors.noToken(`${from} is not set`, sources);
  return { value: checkedToken(value, from, errors, sources), from, renewal: [] };
}

async function commandToken(
  host: Host,
  command: Sourced<string>,
  errors: VaultErrors,
): Promise<FoundSecret> {
  const named = `the token command (from ${command.source})`;
  if (host.env[commandGuard] !== undefined) {
    throw errors.noToken(`${named} runs atmos, which would run the token command again`, []);
  }
  const { exitCode, stdout, timedOut, wroteTooMuch } = await host.runShell(command.value, {
    env: { ...host.env, [commandGuard]: '1' },
    timeoutMs: commandLimitMs,
    maxBytes: maxSecretBytes,
  });
  if (timedOut) {
    throw new KeyringError(
      'ERR_KEYRING_TIMEOUT',
      `${named} did not exit within ${commandLimitMs / 1000} seconds`,
    );
  }
  if (wroteTooMuch) throw errors.noToken(`${named} printed too much for a token`, []);
  const renewal = [say('run the command in a shell to see its output')];
  if (exitCode !== 0) {
    const how = exitCode === null ? 'was killed' : `failed with exit code ${exitCode}`;
    throw errors.noToken(`${named} ${how}`, renewal);
  }
  const [line = ''] = stdout.toString('utf8').split('\n');
  return { value: checkedToken(line, named, errors, renewal), from: named, renewal };
}

/** Whether it can be sent in a header: one line of printable ASCII. */
export function isSendable(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
}

/** A secret that can be sent. */
function checkedToken(
  text: string,
  from: string,
  errors: VaultErrors,
  sources: readonly Hint[],
): string {
  const value = text.replace(/\r?\n$/, '').trim();
  if (value === '') throw errors.noToken(`${from} is empty`, sources);
  if (isSendable(value)) return value;
  throw errors.noToken(`${from} does not hold one line of printable characters`, sources);
}
