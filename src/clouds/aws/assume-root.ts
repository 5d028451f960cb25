import { checkPart, ConfigurationError, type LinkProblem } from '../../core/configuration-error.ts';
import { say } from '../../core/hint.ts';
import { quoteValue, withoutAbsent } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { mapOf, setting, text, textOrCount } from '../../core/validate.ts';
import type { IdentityKind, LinkPlan, OpenContext, Opened, PlanContext } from '../contract.ts';
import {
  endpointSchema,
  endpointTrustNeeds,
  readEndpoint,
  type EndpointSettings,
} from './endpoint-settings.ts';
import { chooseEndpoint, endpointSetting, type ChosenEndpoint } from './endpoint-variables.ts';
import { readDuration } from './role-rules.ts';
import { plannedAt, shownAt } from './shown-values.ts';
import { checkRegion } from './regions.ts';

const principalSchema = mapOf({
  target_principal: setting(text, 'The number of the member account, 12 digits. Required.'),
  task_policy_arn: setting(
    text,
    'The ARN of the managed policy that says which task the session is for, such as arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy. Required.',
  ),
  duration: setting(textOrCount, 'How long a session lasts, at most 15 minutes.', {
    default: '15m',
  }),
  region: setting(
    text,
    'The region of requests to AWS, which programs receive as well. By default that of the identity before it.',
  ),
});

/**
 * `aws/assume-root`: a session of the root user of a member account of an organization, for one
 * task, opened with AWS credentials of the management account or of the delegated administrator
 * (STS AssumeRoot).
 */
export const awsAssumeRoot: IdentityKind = {
  rootName: 'aws-assume-root',
  takes: ['aws'],
  gives: 'aws',
  schemas: {
    principal: principalSchema,
    spec: endpointSchema,
  },
  trustNeeds: endpointTrustNeeds,
  plan,
};

interface RootSettings extends EndpointSettings {
  readonly account: string;
  readonly taskPolicyArn: string;
  readonly durationSeconds?: number;
  readonly region?: string;
}

const tasks = [
  'IAMAuditRootUserCredentials',
  'IAMCreateRootUserPassword',
  'IAMDeleteRootUserCredentials',
  'S3UnlockBucketPolicy',
  'SQSUnlockQueuePolicy',
];

const regionPath = ['principal', 'region'];

const taskPolicy = /^arn:(aws(?:-[a-z]+)*):iam::aws:policy\/root-task\/[\w+=,.@-]{1,128}$/;
const maxDurationSeconds = 900;

function plan(identity: Identity, { base, env }: PlanContext): LinkPlan {
  const { name, kind } = identity;
  const settings = chooseEndpoint(readRootSettings(identity, base), env);
  const { account, taskPolicyArn } = settings;
  const region = settings.region ?? base?.region;
  const requestRegion = region ?? base?.defaultRegion ?? 'us-east-1';
  return {
    name,
    kind,
    gives: 'aws',
    slot: 'own',
    origin: 'root',
    storedKey: 'none',
    fingerprint: {
      'spec.endpoint_url': endpointSetting(identity, settings),
      'principal.target_principal': plannedAt(identity, ['principal', 'target_principal'], account),
      'principal.task_policy_arn': plannedAt(
        identity,
        ['principal', 'task_policy_arn'],
        taskPolicyArn,
      ),
    },
    maxDurationSeconds: settings.durationSeconds ?? maxDurationSeconds,
    limits: [`only for the task ${taskPolicyArn.split('/').at(-1)}, 15 minutes at most`],
    defaultRegion: requestRegion,
    ...withoutAbsent({ region, partition: taskPolicy.exec(taskPolicyArn)?.[1] }),
    open: (context) => open({ identity, settings, requestRegion }, context),
    route: async (host) =>
      (await import('./sts-route.ts')).stsRoute({ ...settings, region: requestRegion }, host),
    whoIs: async (credentials, context) => {
      const { withSts } = await import('./with-sts.ts');
      const target = targetOf({ identity, settings, requestRegion });
      return withSts(target, credentials, context, (sts) => sts.getCallerIdentity());
    },
  };
}

function readRootSettings(identity: Identity, base: LinkPlan | undefined): RootSettings {
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  const given = checkPart(identity, 'principal', principalSchema, report);
  const endpoint = readEndpoint(identity, report);
  if (given === undefined) throw new ConfigurationError(identity, problems);
  const at = (field: string) => ['principal', field];
  const shown = (field: string, value: string) =>
    quoteValue({ value, tag: identity.tagAt?.(at(field)) });
  const { target_principal: account = '', task_policy_arn: taskPolicyArn = '' } = given;
  if (!/^\d{12}$/.test(account)) {
    const message = `is not the number of an account, 12 digits: ${shown('target_principal', account)}`;
    report({ path: at('target_principal'), message });
  }
  if (!taskPolicy.test(taskPolicyArn)) {
    report({
      path: at('task_policy_arn'),
      message: `is not the ARN of a policy for a root task: ${shown('task_policy_arn', taskPolicyArn)}`,
      hint: say(
        `write it like arn:aws:iam::aws:policy/root-task/NAME, where NAME is one of ${tasks.join(', ')}`,
      ),
    });
  }
  const region = given.region || undefined;
  checkRegion(identity, at('region'), region, report);
  const durationSeconds = readDuration(identity, given.duration, '15m or 900s', report);
  if ((durationSeconds ?? 0) > maxDurationSeconds) {
    report({
      path: at('duration'),
      message: `is more than 15 minutes, which AWS does not allow for the root user: ${shown('duration', String(given.duration))}`,
      hint: say('set it to 15m or less'),
    });
  }
  if (base?.origin === 'user') {
    report({
      path: ['via'],
      message: `names the user ${base.name}: with a session of a user AWS allows AssumeRole only`,
      hint: say('name an identity of kind aws/assume-role of the management account instead'),
    });
  }
  if (problems.length > 0) throw new ConfigurationError(identity, problems);
  return { ...endpoint, account, taskPolicyArn, ...withoutAbsent({ region, durationSeconds }) };
}

interface Root {
  readonly identity: Identity;
  readonly settings: RootSettings & ChosenEndpoint;
  readonly requestRegion: string;
}

async function open(
  { identity, settings, requestRegion }: Root,
  context: OpenContext,
): Promise<Opened> {
  const { base, host } = context;
  if (base?.type !== 'aws') throw new TypeError(`aws/assume-root cannot use ${base?.type}`);
  const { account, taskPolicyArn, durationSeconds } = settings;
  const { openedBy, withSts } = await import('./with-sts.ts');
  const target = targetOf({ identity, settings, requestRegion });
  const session = await withSts(target, base, context, (sts) =>
    sts.assumeRoot({
      targetPrincipal: account,
      taskPolicyArn,
      durationSeconds,
    }),
  );
  return openedBy(session, requestRegion, host);
}

function targetOf({ identity, settings, requestRegion: region }: Root) {
  const { endpoint, endpointVariable, useFips, useDualstack } = settings;
  const chosen = withoutAbsent({ endpoint, endpointVariable, useFips, useDualstack });
  const shown = withoutAbsent({
    region: shownAt(identity, regionPath, settings.region),
    endpoint: shownAt(identity, settings.endpointPath, endpoint),
  });
  return { region, shown, ...chosen };
}
