import { resolve } from 'node:path';
import {
  findSetup,
  planSetup,
  writeSetup,
  withDefault,
  type FoundSetup,
  type PlannedSetup,
} from '../../app/init.ts';
import { suggestProfiles } from '../../app/aws-config.ts';
import { findRealmFault } from '../../config/realm.ts';
import { countOf } from '../../core/count.ts';
import { addOptions, optionWords, run, setVariable, type Hint } from '../../core/hint.ts';
import type { ImportedLink, NotImported } from '../../core/imported-config.ts';
import { listNames, type Sourced } from '../../core/json.ts';
import { abbreviateHome, requireFromHome } from '../../host/home.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { loadOptions, namesConfig } from '../global-options.ts';
import { warnWithHints } from '../plan.ts';
import { formatNext } from '../report.ts';
import { withPickedProfiles } from '../profile-choice.ts';
import { paint } from '../ui/color.ts';
import { formatDiff } from '../ui/diff.ts';

/** The documented form of `-o json`: always every field. */
interface InitJson {
  file: string;
  realm: string;
  /** The files that were read. */
  sources: readonly string[];
  /** False if nothing was written. */
  written: boolean;
  providers: readonly LinkJson[];
  identities: readonly LinkJson[];
  not_imported: readonly { from: string; key: string | null; reason: string }[];
  /** Settings that concern only the AWS CLI. */
  unused_settings: readonly string[];
  /** The identities whose access keys are still only in the AWS files. */
  keys: readonly { profile: string; identity: string }[];
  /** The identities that need `auth trust`. */
  needs_trust: readonly string[];
}

interface LinkJson {
  name: string;
  kind: string;
  from: string;
  /** `exists`: it was in the configuration already, and was not changed. */
  state: 'new' | 'exists';
}

/**
 * `atmos auth init`: adds identities and providers for the profiles of the AWS CLI to the
 * configuration, after showing the change.
 */
export async function init(context: Context, { flags, values }: Invocation): Promise<void> {
  const { host, globals, note, outJson } = context;
  const [from, source] = [values['from'], '--from'];
  const found = await findSetup(
    {
      load: loadOptions(await withPickedProfiles(context)),
      isConfigNamed: namesConfig(globals, host),
      from:
        from === undefined
          ? undefined
          : {
              value: resolve(
                host.workingDirectory(),
                requireFromHome({ value: from, source }, host),
              ),
              source,
            },
    },
    host,
  );
  const isYes = flags['yes'] ?? false;
  const realm = await chooseRealm(context, found, values['realm'], isYes);
  const plan = planSetup(isYes ? found : await chooseDefault(context, found), realm);
  await showProblems(context, plan);
  for (const { message, hint } of plan.warnings) {
    await warnWithHints(context, message, hint === undefined ? [] : [hint]);
  }
  const hasChange = plan.edits.length > 0;
  if (hasChange) await note(...formatDiff(shownFile(context, plan), plan.text, plan.edits));
  const isWritten = hasChange && (isYes || (await confirm(context, plan)));
  if (isWritten) await writeSetup(plan, host);
  if (values['output'] === 'json') await outJson(jsonOf(plan, isWritten));
  else await note(outcome(context, plan, isWritten));
  if (isWritten) await showNext(context, plan, from !== undefined);
}

async function chooseRealm(
  { prompt }: Context,
  { realm, suggestedRealm }: FoundSetup,
  given: string | undefined,
  isYes: boolean,
): Promise<Sourced<string> | undefined> {
  if (given !== undefined) return { value: given, source: '--realm' };
  if (realm !== undefined || isYes) return undefined;
  const value = await prompt.text({
    message: 'Name of the realm, which separates these credentials from those of other projects',
    default: suggestedRealm,
    fault: (answer) => findRealmFault({ value: answer }),
    instead: insteadOf,
  });
  return { value, source: 'the prompt' };
}

const noDefault = 'none: every command names one with -i';

async function chooseDefault({ prompt }: Context, found: FoundSetup): Promise<FoundSetup> {
  if (found.defaultChoices.length === 0) return found;
  const chosen = await prompt.select({
    message: 'Identity that is used if a command names none',
    choices: [...found.defaultChoices, noDefault],
    instead: insteadOf,
  });
  return chosen === noDefault ? found : withDefault(found, chosen);
}

const insteadOf: Hint = addOptions(['--yes'], 'to write without a prompt');

function confirm({ prompt }: Context, { file }: PlannedSetup): Promise<boolean> {
  return prompt.confirm({ message: `Write ${file.value}?`, default: true, instead: insteadOf });
}

async function showProblems(
  { note, host }: Context,
  { imported: { problems, unused, providers, identities } }: PlannedSetup,
): Promise<void> {
  const shown = (text: string) => abbreviateHome(text, host);
  if (problems.length > 0) {
    await note([paint('bold', 'Not imported, or not in full:')]);
    await note(...problems.map((problem) => `  ${shown(describe(problem))}`));
  }
  if (unused.length > 0) await note(`Only for the AWS CLI, not imported: ${unused.join(', ')}`);
  const existing = [...providers, ...identities].filter(({ state }) => state === 'exists');
  if (existing.length === 0) return;
  await note(`Already in the configuration: ${listNames(existing.map(({ name }) => name))}`);
}

function describe({ from, key, reason }: NotImported): string {
  return `${from}: ${key === undefined ? '' : `${key} `}${reason}`;
}

function outcome(context: Context, plan: PlannedSetup, isWritten: boolean) {
  const file = shownFile(context, plan);
  if (plan.edits.length === 0) return `${file} is up to date: nothing was written`;
  if (!isWritten) return 'nothing was written';
  const { providers, identities } = plan.added;
  const counts = [
    providers.length === 0 ? [] : countOf(providers.length, 'provider'),
    identities.length === 0 ? [] : countOf(identities.length, 'identity', 'identities'),
  ].flat();
  const added = counts.length === 0 ? '' : `: ${counts.join(' and ')} added`;
  return [paint('green', '✓'), ` Wrote ${file}${added}, realm ${plan.realm.value}`];
}

/** What the user has to do before the identities can be used. */
async function showNext(context: Context, plan: PlannedSetup, isFrom: boolean): Promise<void> {
  const { host, note } = context;
  const { needTrust, added, imported, realm, unnamedRealm } = plan;
  const [config = ''] = plan.sources;
  if (unnamedRealm !== undefined) {
    await warnWithHints(
      context,
      `the realm was ${unnamedRealm} and is now ${realm.value}: stored credentials remain in the old one`,
      [run(['atmos', 'auth', 'keyring', 'adopt', ...optionWords('--from-realm', unnamedRealm)])],
    );
  }
  if (needTrust.length > 0) {
    const what = needTrust.length === 1 ? 'runs a program' : 'run programs';
    await warnWithHints(
      context,
      `${listNames(needTrust)} ${what}, which a project's file may do only after it is trusted`,
      [run(['atmos', 'auth', 'trust'])],
    );
  }
  const keys = imported.keys.filter(({ identity }) => added.identities.includes(identity));
  if (keys.length > 0) {
    const names = listNames(keys.map(({ identity }) => identity));
    const subject =
      keys.length === 1 ? `the access key of ${names} is` : `the access keys of ${names} are`;
    const hints = isFrom ? [setVariable('AWS_CONFIG_FILE', config)] : [];
    await warnWithHints(context, `${subject} still only in the AWS files`, [
      ...hints,
      run(importCommand(keys)),
    ]);
  }
  const isDefault = imported.identities.some(
    ({ settings, state }) => state === 'new' && settings['default'] === true,
  );
  const [first] = added.identities;
  if (first === undefined) return;
  const identity = isDefault ? [] : optionWords('-i', first);
  await note(await formatNext(context, run(['atmos', 'auth', 'login', ...identity])));
  const profiles = await suggestProfiles(plan, added.identities, host);
  if (profiles !== undefined) await note(await formatNext(context, profiles));
}

/** Without a comma in a name, which would end the name in the map. */
function importCommand(keys: PlannedSetup['imported']['keys']): string[] {
  const command = ['atmos', 'auth', 'keyring', 'import', '--from', 'aws-credentials'];
  const pairs = keys.map(({ profile, identity }) => `${profile}=${identity}`);
  const isExact = !pairs.some((pair) => pair.includes(','));
  return [...command, ...(isExact ? optionWords('--map', pairs.join(',')) : [])];
}

function shownFile({ host }: Context, { file }: PlannedSetup): string {
  return abbreviateHome(file.value, host);
}

function jsonOf(plan: PlannedSetup, isWritten: boolean): InitJson {
  const { file, realm, sources, imported, added, needTrust } = plan;
  return {
    file: file.value,
    realm: realm.value,
    sources,
    written: isWritten,
    providers: imported.providers.map(linkJson),
    identities: imported.identities.map(linkJson),
    not_imported: imported.problems.map(({ from, key = null, reason }) => ({ from, key, reason })),
    unused_settings: imported.unused,
    keys: imported.keys.filter(({ identity }) => added.identities.includes(identity)),
    needs_trust: needTrust,
  };
}

function linkJson({ name, settings: { kind }, from, state }: ImportedLink): LinkJson {
  return { name, kind, from, state };
}
