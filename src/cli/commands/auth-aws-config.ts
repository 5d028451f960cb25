import {
  formatProfiles,
  removeProfiles,
  warnOfPassword,
  writeProfiles,
  type ChangedProfiles,
  type SkippedIdentity,
} from '../../app/aws-config.ts';
import { countOf } from '../../core/count.ts';
import { AtmosError } from '../../core/errors.ts';
import { addOptions, optionWords, run } from '../../core/hint.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadPlan, loadPlanIfAny, warner } from '../plan.ts';
import { formatNext } from '../report.ts';
import { requireStdout } from '../required-output.ts';
import { paint } from '../ui/color.ts';

/** The documented form of `-o json`: always every field. */
interface AwsConfigJson {
  file: string;
  realm: string;
  /** False if the file already had these profiles. */
  changed: boolean;
  /** The profiles that the realm has in the file now. */
  profiles: readonly {
    identity: string;
    profile: string;
    change: 'added' | 'changed' | 'unchanged';
  }[];
  /** The names of the profiles that were removed. */
  removed: readonly string[];
  skipped: readonly SkippedIdentity[];
}

/**
 * `atmos auth aws-config`: writes one AWS profile for each usable identity into the user's AWS
 * config file, so that every program can use every identity without a set-up of its shell.
 */
export async function awsConfig(context: Context, invocation: Invocation): Promise<void> {
  const { values } = invocation;
  const options = { identities: values['identities'], prefix: values['prefix'] };
  switch (readAction(invocation)) {
    case 'write': {
      const plan = await loadPlan(context);
      const services = { host: context.host, warn: warner(context) };
      const written = await writeProfiles(plan, options, services);
      await report(context, invocation, plan.realm.value, written);
      return warnOfPassword(plan, services);
    }
    case 'remove': {
      const plan = await loadPlanIfAny(context);
      const removed = await removeProfiles(plan, context.host);
      return report(context, invocation, plan.realm.value, removed);
    }
    case 'print': {
      await requireStdout(context.host);
      const plan = await loadPlan(context);
      const { block, profiles, skipped } = await formatProfiles(plan, options, context.host);
      await noteSkipped(context, skipped);
      await noteOtherNames(context, profiles, options.prefix);
      return context.out(block);
    }
  }
}

const actions = ['write', 'remove', 'print'] as const;

/** @throws ERR_USAGE unless exactly one action is given, with options that it uses */
function readAction({ flags, values }: Invocation): (typeof actions)[number] {
  const [action, second] = actions.filter((name) => flags[name]);
  if (action === undefined) {
    throw new AtmosError('ERR_USAGE', 'one of --write, --remove and --print is required', {
      hints: [
        addOptions(['--print'], 'to show the profiles'),
        addOptions(['--write'], 'to write them to your AWS config file'),
      ],
    });
  }
  const unused = {
    write: [],
    remove: ['identities', 'prefix'],
    print: ['output'],
  }[action];
  const other = second ?? unused.find((name) => values[name] !== undefined);
  if (other === undefined) return action;
  throw new AtmosError('ERR_USAGE', `--${action} cannot be combined with --${other}`);
}

async function report(
  context: Context,
  { values }: Invocation,
  realm: string,
  changed: ChangedProfiles,
): Promise<void> {
  const { host, note, outJson } = context;
  const { file, isChanged, profiles, removed, skipped } = changed;
  if (values['output'] === 'json') {
    const json = { file, realm, changed: isChanged, profiles, removed, skipped };
    return outJson(json satisfies AwsConfigJson);
  }
  await noteSkipped(context, skipped);
  await noteOtherNames(context, profiles, values['prefix']);
  const shown = abbreviateHome(file, host);
  if (!isChanged) {
    const what = profiles.length === 0 ? `has no profiles of realm ${realm}` : 'is up to date';
    return note(`${shown} ${what}: nothing was written`);
  }
  await note([paint('green', '✓'), ` Wrote ${shown}${describeCounts(changed)}`]);
  const [first] = profiles;
  if (first === undefined) return;
  const command = ['aws', 'sts', 'get-caller-identity', ...optionWords('--profile', first.profile)];
  await note(await formatNext(context, run(command)));
}

/** `: 2 profiles added, 1 removed` */
function describeCounts({ profiles, removed }: ChangedProfiles): string {
  const numberOf = (change: string) => profiles.filter((one) => one.change === change).length;
  const counts: [number, string][] = [
    [numberOf('added'), 'added'],
    [numberOf('changed'), 'changed'],
    [removed.length, 'removed'],
  ];
  const [first, ...others] = counts.filter(([count]) => count > 0);
  if (first === undefined) return '';
  const [count, verb] = first;
  const start = `: ${countOf(count, 'profile')} ${verb}`;
  return [start, ...others.map((one) => one.join(' '))].join(', ');
}

/** Lists the identities whose names do not show the name of their profile. */
async function noteOtherNames(
  { note }: Pick<Context, 'note'>,
  profiles: ChangedProfiles['profiles'],
  prefix = '',
): Promise<void> {
  for (const { identity, profile } of profiles) {
    if (profile !== `${prefix}${identity}`)
      await note(`identity ${identity} has the profile ${profile}`);
  }
}

async function noteSkipped(
  { host, note }: Pick<Context, 'host' | 'note'>,
  skipped: readonly SkippedIdentity[],
): Promise<void> {
  for (const { identity, reason } of skipped)
    await note(`skipped ${identity}: ${abbreviateHome(reason, host)}`);
}
