import type { AuthManager } from '../../auth/manager.ts';
import { awsCredentials, shortAccessKeyId } from '../../core/credentials.ts';
import { AtmosError, isAtmosError } from '../../core/errors.ts';
import type { Identity } from '../../core/identity.ts';
import { withoutAbsent } from '../../core/without-absent.ts';
import {
  accessKeyIdFault,
  checkAccessKey,
  durationFault,
  mfaArnFault,
  parseAccessKey,
  secretAccessKeyFault,
  type AccessKey,
} from '../access-key.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, requireIdentity, warn } from '../plan.ts';
import { readInput } from '../read-input.ts';

const defaultDuration = '12h';
const verifyTimeoutMs = 5_000;
const instead = 'pass --stdin and give the key as JSON, or --from-aws-profile NAME';

/**
 * `atmos auth user configure`: stores the long-lived key of an identity in the configured keyring,
 * and reads it back before it says so.
 */
export async function configureUser(context: Context, invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  const plan = await loadPlan(context);
  const identity = await requireIdentity(context, plan, invocation);
  const { manager, keyring } = await openForCommand(context, plan, { isInteractive: true });
  await manager.checkConfigurable(identity);
  // Fails here, before anything is typed in vain, where the keyring cannot be reached.
  await keyring.keys();
  const { key, isTyped } = await readKey(context, invocation, identity);
  const isVerified = flags['verify'] ?? isTyped;
  if (isVerified && !(await verify(context, manager, identity, key, isTyped))) {
    await context.note('nothing was saved\n');
    return;
  }
  await manager.saveKeys(identity, key);
  const { type, location } = keyring.info;
  await context.note(
    `saved the access key ${shortAccessKeyId(key.accessKeyId)} of identity ${identity.name} in the ${type} keyring (${location}), realm ${plan.realm.value}\n`,
  );
  if (keyring.info.persistent) await context.note(`next: atmos auth login --identity ${identity.name}\n`);
  else await warn(context, 'the memory keyring keeps nothing: the key is gone now that this command ends');
}

async function readKey(
  context: Context,
  { flags, values }: Invocation,
  identity: Identity,
): Promise<{ key: AccessKey; isTyped: boolean }> {
  const profile = values['from-aws-profile'];
  if (flags['stdin'] && profile !== undefined) {
    throw new AtmosError('ERR_USAGE', 'give one of --stdin and --from-aws-profile');
  }
  const given = withoutAbsent({ mfaArn: values['mfa-arn'], sessionDuration: values['session-duration'] });
  if (flags['stdin']) {
    const key = { ...parseAccessKey(await readInput(context.host)), ...given };
    checkAccessKey(key, '--stdin');
    return { key, isTyped: false };
  }
  if (profile !== undefined) {
    const { readAwsProfile } = await import('../../clients/aws-shared-files.ts');
    const key = { ...(await readAwsProfile(profile, context.host)), ...given };
    checkAccessKey(key, `the AWS profile ${profile}`);
    return { key, isTyped: false };
  }
  const key = await askKey(context, identity, given);
  checkAccessKey(key, 'the command line and what was typed');
  return { key, isTyped: true };
}

/** Atmos's questions. What the configuration says, or an option, is not asked. */
async function askKey(
  { prompt, note }: Context,
  identity: Identity,
  given: Pick<AccessKey, 'mfaArn' | 'sessionDuration'>,
): Promise<AccessKey> {
  const accessKeyId = await prompt.text({ message: 'AWS Access Key ID', instead, fault: accessKeyIdFault });
  const secretAccessKey = await prompt.masked({ message: 'AWS Secret Access Key', instead, fault: secretAccessKeyFault });
  const { mfa_arn: configuredMfa } = identity.credentials;
  if (typeof configuredMfa === 'string' && configuredMfa) await note(`MFA ARN: ${configuredMfa} (${identity.locate(['credentials', 'mfa_arn'])})\n`);
  const mfaArn = given.mfaArn ?? (configuredMfa ? '' : await prompt.text({
    message: 'MFA ARN (empty: none)',
    instead,
    fault: (arn) => (arn === '' ? undefined : mfaArnFault(arn)),
  }));
  const configuredDuration = identity.session.duration;
  if (configuredDuration) await note(`Session Duration: ${configuredDuration} (${identity.locate(['session', 'duration'])})\n`);
  const sessionDuration = given.sessionDuration ?? (configuredDuration ? '' : await prompt.text({
    message: 'Session Duration',
    default: defaultDuration,
    instead,
    fault: durationFault,
  }));
  return {
    accessKeyId,
    secretAccessKey,
    ...withoutAbsent({ mfaArn: mfaArn || undefined, sessionDuration: sessionDuration || undefined }),
  };
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
    await context.note(`AWS knows this key as ${arn}\n`);
    return true;
  } catch (error) {
    if (!isTyped || !isAtmosError(error)) throw error;
    await warn(context, `the key could not be verified: ${error.message}`);
    return context.prompt.confirm({ message: 'Save anyway?', default: false, instead: 'pass --no-verify' });
  }
}
