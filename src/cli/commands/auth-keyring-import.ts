import { openArchive } from '../../app/archive-file.ts';
import type { Copied } from '../../app/copy-entries.ts';
import { importEntries } from '../../app/import-entries.ts';
import { importKeys } from '../../app/import-keys.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { AtmosError } from '../../core/errors.ts';
import { optionWords, placeholder, run, say } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import type { Keyring } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { archiveKeys } from '../archive-keys.ts';
import { reportCopies } from '../copy-report.ts';
import { openAtmosKeyring, openVaultKeyring, pathOption } from '../import-source.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, loadPlanIfAny, warn } from '../plan.ts';
import { warnOfSharedRealm } from '../shared-realm-warning.ts';
import { createProgress } from '../ui/progress.ts';

const command = ['atmos', 'auth', 'keyring', 'import'];

type Options = Pick<Invocation, 'flags' | 'values'>;

interface Imported extends Copied {
  readonly plan: AuthPlan;
  readonly target: Keyring;
}

/**
 * `atmos auth keyring import`: copies the entries of another keyring or file into the configured
 * keyring. Entries of Atmos and of an archive keep their names, and expired sessions and tokens are not copied. An
 * access key of aws-vault or of the AWS files is stored for the identity that the user or `--map`
 * chooses. The source is not changed.
 */
export async function keyringImport(
  context: Context,
  { flags, values }: Invocation,
): Promise<void> {
  const { from } = values;
  if (from === undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      '--from is missing: it is atmos-file, archive, aws-vault or aws-credentials',
      { hints: [run([...command, '--from', 'aws-vault'])] },
    );
  }
  if (from !== 'archive' && values['identity-file'] !== undefined) {
    throw new AtmosError('ERR_USAGE', '--identity-file can only be used with --from archive', {
      hints: [run([...command, '--from', 'archive', '--path', placeholder('file')])],
    });
  }
  const { plan, target, ...copied } =
    from === 'aws-vault' || from === 'aws-credentials'
      ? await importFromTool(context, from, { flags, values })
      : await importEntriesFrom(context, from === 'archive' ? from : 'atmos-file', {
          flags,
          values,
        });
  const again = [...commandAgain(from, { flags, values }), '--force'];
  const conflictHints = [run(again, 'to overwrite existing entries')];
  const isDryRun = flags['dry-run'] ?? false;
  await reportCopies(context, { ...copied, isDryRun, conflictHints }, values['output']);
  await warnOfSharedRealm(context, plan, {
    keys: await target.keys(),
    identities: plan.config?.identities.map(({ name }) => name) ?? [],
  });
}

/** The options of this import, for a hint that repeats the command. */
function commandAgain(from: string, { flags, values }: Options): string[] {
  const given = ['path', 'map', 'identity-file'].flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : optionWords(`--${name}`, value);
  });
  return [...command, '--from', from, ...given, ...(flags['yes'] ? ['--yes'] : [])];
}

async function importEntriesFrom(
  context: Context,
  from: 'atmos-file' | 'archive',
  { flags, values }: Options,
): Promise<Imported> {
  for (const option of ['map', 'yes']) {
    if (values[option] === undefined && flags[option] === undefined) continue;
    throw new AtmosError(
      'ERR_USAGE',
      `--${option} cannot be used with --from ${from}, which has no profiles`,
      { hints: [run([...command, '--from', from])] },
    );
  }
  const plan = await loadPlanIfAny(context);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const { path } = values;
  const copied = await importEntries(
    plan,
    opened,
    { ...copyFlags(flags), from },
    {
      ...copyServices(context),
      openSource: (target) =>
        from === 'archive'
          ? openArchive(
              archivePath(path, context),
              archiveKeys(context, plan, values),
              context.host,
            )
          : openAtmosKeyring(context, plan, path, target),
    },
  );
  return { ...copied, plan, target: opened.keyring };
}

function archivePath(path: string | undefined, { host }: Context): Sourced<string> {
  if (path !== undefined) return pathOption(path, host);
  throw new AtmosError(
    'ERR_USAGE',
    '--path is missing: the archive that keyring export has written',
    {
      hints: [run([...command, '--from', 'archive', '--path', placeholder('file')])],
    },
  );
}

async function importFromTool(
  context: Context,
  from: 'aws-vault' | 'aws-credentials',
  { flags, values }: Options,
): Promise<Imported> {
  const { path, map } = values;
  const plan = await loadPlan(context);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const copied = await importKeys(
    plan,
    opened,
    {
      ...copyFlags(flags),
      from,
      path: path === undefined ? undefined : pathOption(path, context.host),
      map,
      yes: flags['yes'] ?? false,
    },
    {
      ...copyServices(context),
      openSource: (target) => openVaultKeyring(context, path, target),
      choose: (profile, identities) => chooseIdentity(context, profile, identities),
      warn: (message) => warn(context, message),
    },
  );
  return { ...copied, plan, target: opened.keyring };
}

const none = '(do not import this profile)';

async function chooseIdentity(
  { prompt }: Context,
  profile: string,
  identities: readonly string[],
): Promise<string | undefined> {
  const answer = await prompt.select({
    message: `Identity for the access key of profile ${profile}`,
    choices: [...identities, none],
    instead: say(
      'pass --yes to import each profile under its own name, or --map PROFILE=IDENTITY,…',
    ),
  });
  return answer === none ? undefined : answer;
}

function copyFlags(flags: Invocation['flags']) {
  return { overwrite: flags['force'] ?? false, isDryRun: flags['dry-run'] ?? false };
}

function copyServices(context: Context) {
  return {
    host: context.host,
    startProgress: (work: { doing: string; total: number }) => createProgress(context, work),
  };
}
