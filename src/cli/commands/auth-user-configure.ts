import { checkKey } from '../../app/configure-key.ts';
import type { AuthManager } from '../../app/open.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { parseAccessKey } from '../../clouds/aws/key-form.ts';
import {
  awsCredentials,
  shortAccessKeyId,
  type AccessKey,
  type KeyNotes,
  type KeyValues,
} from '../../core/credentials.ts';
import { AtmosError, isAtmosError, isEntryError } from '../../core/errors.ts';
import { addOptions, optionWords, run, say } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { Keyring } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlanFor, requireIdentity, warn } from '../plan.ts';
import { formatNext } from '../report.ts';
import { warnOfSharedRealm } from '../shared-realm-warning.ts';
import { askAccessKey } from '../ui/ask-access-key.ts';
import { readInput } from '../ui/read-input.ts';

const verifyTimeoutMs = 5_000;

/**
 * `atmos auth user configure`: stores the long-lived key of an identity in the configured keyring,
 * and reads it back before it says so.
 */
export async function configureUser(context: Context, invocation: Invocation): Promise<void> {
  const { host, note } = context;
  const given = givenNotes(invocation);
  const plan = await loadPlanFor(context, invocation);
  const identity = await requireIdentity(context, plan, invocation);
  await checkKey(identity, given, (field) => options[field] ?? 'the options');
  const { manager, keyring, insteadOf } = await openForCommand(context, plan, {
    isInteractive: true,
  });
  if (!keyring.info.persistent) throw keepsNothing(plan, keyring, insteadOf !== undefined);
  await manager.checkConfigurable(identity);
  const keys = await unlock(keyring);
  await warnOfSharedRealm(context, plan, { keys, identities: [identity.name] });
  const { key, isTyped } = await readKey(context, invocation, identity, given);
  for (const warning of overruled(identity, key)) await warn(context, warning);
  const isVerified = invocation.flags['verify'] ?? isTyped;
  if (isVerified && !(await verify(context, manager, identity, key, isTyped))) {
    await note('nothing was saved');
    return;
  }
  await manager.saveKeys(identity, key);
  const { type, location } = keyring.info;
  await note(
    `saved the access key ${shortAccessKeyId(key.accessKeyId)} of identity ${identity.name} in the ${type} keyring (${location}), realm ${plan.realm.value}`,
  );
  const login = run(['atmos', 'auth', 'login', ...optionWords('--identity', identity.name)]);
  await note(await formatNext(host, login));
}

function keepsNothing({ keyring }: AuthPlan, { info }: Keyring, isFallback: boolean): AtmosError {
  const { type, fallback } = keyring;
  const source = isFallback ? fallback?.source : type.source;
  return new AtmosError(
    'ERR_USAGE',
    `the ${info.type} keyring (from ${source}) keeps nothing for the next command, so no key can be stored in it`,
    {
      hints: [
        say('set the keyring type to system or file there'),
        say('leave it, and give access_key_id and secret_access_key in atmos.yaml by !env'),
      ],
    },
  );
}

/** The options that give a value of a key. */
const options: Readonly<Partial<Record<keyof KeyValues, string>>> = {
  mfaArn: '--mfa-arn',
  sessionDuration: '--session-duration',
};

/** What the options say beside the key. Empty ones say nothing. */
function givenNotes({ flags, values }: Invocation): KeyNotes {
  if (flags['stdin'] && values['from-aws-profile'] !== undefined) {
    throw new AtmosError('ERR_USAGE', 'a key comes from one place: --stdin or --from-aws-profile', {
      hints: [say('give one of them')],
    });
  }
  return withoutAbsent({
    mfaArn: values['mfa-arn'] || undefined,
    sessionDuration: values['session-duration'] || undefined,
  });
}

/**
 * Opens an entry, if there is one, so that a keyring that cannot be reached and a wrong password are
 * told before a key is typed in vain.
 *
 * @returns the keys of all entries
 */
async function unlock(keyring: Keyring): Promise<string[]> {
  const keys = await keyring.keys();
  for (const key of keys) {
    try {
      await keyring.get(key);
      break;
    } catch (error) {
      if (!isEntryError(error)) throw error;
    }
  }
  return keys;
}

async function readKey(
  context: Context,
  { flags, values }: Invocation,
  identity: Identity,
  given: KeyNotes,
): Promise<{ key: AccessKey; isTyped: boolean }> {
  const profile = values['from-aws-profile'];
  if (flags['stdin']) {
    const read = parseAccessKey(await readInput(context.host));
    await checkKey(identity, read, () => '--stdin');
    return { key: { ...read, ...given }, isTyped: false };
  }
  if (profile !== undefined) {
    const { readAwsProfile } = await import('../../clouds/aws/shared-files.ts');
    const read = readAwsProfile(profile, context.host);
    await checkKey(identity, read, () => `the AWS profile ${profile}`);
    return { key: { ...read, ...given }, isTyped: false };
  }
  return { key: await askAccessKey(context, identity, given), isTyped: true };
}

/** What the configuration says is used, whatever is stored beside the key. */
function overruled({ credentials, session, locate }: Identity, key: AccessKey): string[] {
  const line = (name: string, path: string[]) =>
    `${name} stands in the configuration (${locate(path)}), which is used instead of the one given`;
  return [
    ...(credentials['mfa_arn'] && key.mfaArn ? [line('mfa_arn', ['credentials', 'mfa_arn'])] : []),
    ...(session.duration && key.sessionDuration
      ? [line('the session duration', ['session', 'duration'])]
      : []),
  ];
}

/**
 * Whether to save. A person who typed the key may save it although AWS could not confirm it; anybody
 * else who asked for the check gets its error.
 */
async function verify(
  context: Context,
  manager: AuthManager,
  identity: Identity,
  key: AccessKey,
  isTyped: boolean,
): Promise<boolean> {
  try {
    const { arn } = await manager.verifyKeys(identity, awsCredentials(key), verifyTimeoutMs);
    await context.note(`AWS knows this key as ${arn}`);
    return true;
  } catch (error) {
    if (!isAtmosError(error)) throw error;
    if (!isTyped) {
      const { code, message, hintValues: hints } = error;
      throw new AtmosError(code, `the key was not saved: ${message}`, { hints });
    }
    await warn(context, `the key could not be verified: ${error.message}`);
    return context.prompt.confirm({
      message: 'Save anyway?',
      default: false,
      instead: addOptions(['--no-verify']),
    });
  }
}
