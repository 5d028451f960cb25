import { answerProcess } from '../../app/answer-process.ts';
import { recordPlan } from '../../app/record-plan.ts';
import { planFromHandle } from '../../auth/plan-from-handle.ts';
import { openHandle, type OpenedHandle } from '../../auth/read-handle.ts';
import { findIdentity } from '../../config/find-identity.ts';
import { AtmosError } from '../../core/errors.ts';
import {
  addOptions,
  optionWords,
  placeholder,
  run,
  withOptions,
  type Hint,
} from '../../core/hint.ts';
import type { Identity } from '../../core/kind-config.ts';
import { isLogDevice } from '../../core/log-level.ts';
import { changedHost, type Host } from '../../host/host.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { sessionOpener } from '../open.ts';
import { loadPlan, requireIdentity, warn, type ProjectPlan } from '../plan.ts';
import { isSilent, resolveLogSettings } from '../log/settings.ts';
import { followedLog } from '../project-log.ts';
import { requireStdout } from '../required-output.ts';

/**
 * `atmos auth credential-process`: prints credentials for an AWS SDK. Standard output contains only
 * its JSON. It never prompts, even if a terminal exists: a command that needs user input fails. It
 * stops after 50 seconds.
 */
export async function credentialProcess(context: Context, invocation: Invocation): Promise<void> {
  await requireStdout(context.host);
  const { handle } = invocation.values;
  if (handle !== undefined && invocation.identity.kind !== 'absent') {
    throw new AtmosError(
      'ERR_USAGE',
      '--handle and --identity cannot be combined, because a handle already selects an identity',
    );
  }
  let used: ProjectPlan | undefined;
  const answer = await answerProcess(async () => {
    const opened = handle === undefined ? undefined : openHandle(handle, context.host);
    // The terminal may be that of the program that asks.
    const host = changedHost(opened?.host ?? context.host, { waiting: () => undefined });
    const placed = { ...context, host };
    const { plan, identity, host: pinned, directory } = await chosen(placed, invocation, opened);
    used = plan;
    const openSession = sessionOpener({ ...placed, host: pinned }, plan, { isInteractive: false });
    if (directory === undefined) return { identity, openSession };
    return {
      identity,
      openSession: (...args) => openSession(...args).catch(withDirectory(directory, host)),
    };
  }, context.host);
  await context.out(answer);
  if (handle !== undefined && used !== undefined && !mayBeLogged(context, used))
    await recordPlan(handle, used, context.host);
}

/** Whether the log of an answer could have a line or a file. */
function mayBeLogged({ globals, host }: Context, { config }: ProjectPlan): boolean {
  const settings = resolveLogSettings({ globals, config }, host);
  const isInfo = settings.level === 'Info' && isLogDevice(settings.file.path);
  // Nothing about an answer is logged at this level.
  return !isSilent(settings) && !isInfo;
}

async function chosen(
  context: Context,
  invocation: Invocation,
  opened: OpenedHandle | undefined,
): Promise<{ plan: ProjectPlan; identity: Identity; host: Host; directory?: string }> {
  if (opened === undefined) {
    const prompt = {
      select: refuseFor(
        'the name of an identity',
        run(['atmos', 'auth', 'credential-process', '-i', placeholder('name')]),
      ),
      selectMany: refuseFor(
        'the name of a profile',
        addOptions(['--profile', placeholder('name')]),
      ),
    };
    const chooser = { ...context, prompt };
    const plan = await loadPlan(chooser);
    const identity = await requireIdentity(chooser, plan, invocation);
    return { plan, identity, host: context.host };
  }
  const { plan, identity, host, directory } = await planFromHandle(opened, context.host);
  const refused = (message: string) => warn(context, message);
  await context.startLog(await followedLog(context, plan.config, {}, refused));
  return { plan, identity: findIdentity(plan.config, identity), host, directory };
}

/** A program can ask from any directory: the commands in hints are for that of the configuration. */
function withDirectory(directory: string, host: Host): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof AtmosError) || isHere(directory, host)) throw error;
    const { code, lines, hintValues, cause } = error;
    const options = optionWords('--chdir', directory);
    const hints = hintValues.map((hint) => withOptions(hint, options));
    throw new AtmosError(code, lines, { hints, cause });
  };
}

/** The current directory may have been removed. */
function isHere(directory: string, host: Host): boolean {
  try {
    return host.workingDirectory() === directory;
  } catch {
    return false;
  }
}

function refuseFor(what: string, hint: Hint): () => Promise<never> {
  const message = `a credential process never prompts, so it needs ${what}`;
  return () => Promise.reject(new AtmosError('ERR_NO_TERMINAL', message, { hints: [hint] }));
}
