import { keyCheckOf } from '../../app/configure-key.ts';
import type { AccessKey, KeyNotes, KeyValues } from '../../core/credentials.ts';
import { say } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import type { Context } from '../context.ts';

type Fault = (typed: string) => string | undefined;

const defaultDuration = '12h';
const instead = say('pass --stdin and give the key as JSON, or --from-aws-profile NAME');

/** Asks Atmos's questions. What the configuration says is shown, what an option says is not asked. */
export async function askAccessKey(
  context: Pick<Context, 'prompt' | 'note'>,
  identity: Identity,
  given: KeyNotes,
): Promise<AccessKey> {
  const { prompt } = context;
  const check = await keyCheckOf(identity);
  const faultOf = (field: keyof KeyValues) => (typed: string) => {
    const [fault] = check({ [field]: typed });
    return fault && `${fault.name} ${fault.message}`;
  };
  const accessKeyId = await prompt.text({
    message: 'AWS Access Key ID',
    instead,
    fault: faultOf('accessKeyId'),
  });
  const secretAccessKey = await prompt.masked({
    message: 'AWS Secret Access Key',
    instead,
    fault: faultOf('secretAccessKey'),
  });
  const mfaArn = given.mfaArn ?? (await askMfaArn(context, identity, faultOf('mfaArn')));
  const sessionDuration =
    given.sessionDuration ?? (await askDuration(context, identity, faultOf('sessionDuration')));
  return { accessKeyId, secretAccessKey, ...withoutAbsent({ mfaArn, sessionDuration }) };
}

async function askMfaArn(
  { prompt, note }: Pick<Context, 'prompt' | 'note'>,
  { credentials, locate }: Identity,
  fault: Fault,
): Promise<string | undefined> {
  const configured = credentials['mfa_arn'];
  if (typeof configured === 'string' && configured !== '') {
    await note(`MFA ARN: ${configured} (${locate(['credentials', 'mfa_arn'])})`);
    return undefined;
  }
  const arn = await prompt.text({
    message: 'MFA ARN (empty: none)',
    instead,
    fault: (typed) => (typed === '' ? undefined : fault(typed)),
  });
  return arn === '' ? undefined : arn;
}

async function askDuration(
  { prompt, note }: Pick<Context, 'prompt' | 'note'>,
  { session, locate }: Identity,
  fault: Fault,
): Promise<string | undefined> {
  if (session.duration) {
    await note(`Session Duration: ${session.duration} (${locate(['session', 'duration'])})`);
    return undefined;
  }
  return prompt.text({
    message: 'Session Duration',
    default: defaultDuration,
    instead,
    fault,
  });
}
