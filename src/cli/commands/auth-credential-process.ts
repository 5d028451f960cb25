import { answerProcess } from '../../app/answer-process.ts';
import { hostOfHandle, planFromHandle } from '../../auth/read-handle.ts';
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
import { changedHost, type Host } from '../../host/host.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { sessionOpener } from '../open.ts';
import { loadPlan, requireIdentity, warn, type ProjectPlan } from '../plan.ts';
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
  const answer = await answerProcess(async () => {
    const at = handle === undefined ? context.host : hostOfHandle(handle, context.host);
    // The terminal may be that of the program that asks.
    const host = changedHost(at, { waiting: () => undefined });
    const placed = { ...context, host };
    const { plan, identity, host: pinned, directory } = await chosen(placed, invocation);
    const openSession = sessionOpener({ ...placed, host: pinned }, plan, { isInteractive: false });
    const isElsewhere = directory !== undefined && directory !== host.workingDirectory();
    if (!isElsewhere) return { identity, openSession };
    return {
      identity,
      openSession: (...args) => openSession(...args).catch(withDirectory(directory)),
    };
  }, context.host);
  await context.out(answer);
}

async function chosen(
  context: Context,
  invocation: Invocation,
): Promise<{ plan: ProjectPlan; identity: Identity; host: Host; directory?: string }> {
  const handle = invocation.values['handle'];
  if (handle === undefined) {
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
  if (invocation.identity.kind !== 'absent') {
    throw new AtmosError(
      'ERR_USAGE',
      '--handle and --identity cannot be combined, because a handle already selects an identity',
    );
  }
  const { plan, identity, host, directory } = await planFromHandle(handle, context.host);
  const refused = (message: string) => warn(context, message);
  await context.startLog(await followedLog(context, plan.config, {}, refused));
  return { plan, identity: findIdentity(plan.config, identity), host, directory };
}

/** A program can ask from any directory: the commands in hints are for that of the configuration. */
function withDirectory(directory: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof AtmosError)) throw error;
    const { code, lines, hintValues, cause } = error;
    const options = optionWords('--chdir', directory);
    const hints = hintValues.map((hint) => withOptions(hint, options));
    throw new AtmosError(code, lines, { hints, cause });
  };
}

function refuseFor(what: string, hint: Hint): () => Promise<never> {
  const message = `a credential process never prompts, so it needs ${what}`;
  return () => Promise.reject(new AtmosError('ERR_NO_TERMINAL', message, { hints: [hint] }));
}
