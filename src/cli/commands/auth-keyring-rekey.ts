import { rekeyKeyring, type ConcernedStore } from '../../app/rekey.ts';
import { AtmosError } from '../../core/errors.ts';
import { run } from '../../core/hint.ts';
import { listNames, showValue } from '../../core/json.ts';
import { abbreviateHome } from '../../host/home.ts';
import type { PasswordSources, RekeyResult } from '../../keyring/contract.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { askPassword } from '../open.ts';
import { keyringWarner, loadPlanIfAny, warn } from '../plan.ts';
import { newPasswordSource } from '../ui/new-password.ts';
import { createProgress } from '../ui/progress.ts';

const command = ['atmos', 'auth', 'keyring', 'rekey'];

/** The documented form of `-o json`: always every field. */
interface RekeyJson {
  /** The keyring's directory. */
  location: string;
  /** `finished`: an earlier, interrupted change; `none`: nothing had to be done. */
  outcome: RekeyResult['outcome'];
  entries: number;
  /** How many of them were re-encrypted, or would be. */
  rewritten: number;
  /** The number of entries of other programs that stay weaker than our own. */
  weak_others: number;
  /** Files of other programs that do not open with the password: they were not changed. */
  unreadable: readonly string[];
  /** Files that other programs have meanwhile written with the old password. */
  left: readonly string[];
  dry_run: boolean;
}

/**
 * `atmos auth keyring rekey`: changes the password of the whole file keyring, or nothing; with
 * `--upgrade` it keeps the password and re-encrypts only weak entries. It first reports what a new
 * password means for Atmos's keychain stores. Until the change is committed, Ctrl-C leaves
 * everything unchanged; after that the change is completed.
 */
export async function keyringRekey(context: Context, invocation: Invocation): Promise<void> {
  const { flags, values } = invocation;
  checkOptions(invocation);
  const plan = await loadPlanIfAny(context);
  const isDryRun = flags['dry-run'] ?? false;
  const { result, location, stores, passwordSources } = await rekeyKeyring(
    plan,
    {
      newPassword: flags['upgrade'] ? undefined : newPasswordSource(context, invocation),
      includesOthers: flags['all'] ?? false,
      isDryRun,
    },
    {
      host: context.host,
      promptPassword: (request) => askPassword(context, plan, request),
      warn: keyringWarner(context),
      concern: (store) => warn(context, concernOf(store)),
      startProgress: (work) => createProgress(context, work),
    },
  );
  if (values['output'] === 'json') {
    const { weakOthers, ...others } = result;
    const json: RekeyJson = {
      location,
      ...others,
      weak_others: weakOthers,
      dry_run: isDryRun,
    };
    await context.outJson(json);
  } else {
    await tell(context, location, invocation, result);
    await tellOthers(context, result, flags['upgrade'] ?? false);
    if (result.outcome === 'changed' && !isDryRun && !flags['upgrade'])
      await tellNext(context, passwordSources, stores);
  }
  if (result.left.length === 0) return;
  throw new AtmosError(
    'ERR_KEYRING_BUSY',
    `the password was changed, but another program has meanwhile written entries with another password: ${result.left.join(', ')}`,
    { hints: [run(command, 'again, with both passwords')] },
  );
}

function checkOptions({ flags, values }: Invocation): void {
  if (flags['all'] && !flags['upgrade']) {
    throw new AtmosError('ERR_USAGE', '--all needs --upgrade', {
      hints: [run([...command, '--upgrade', '--all'])],
    });
  }
  if (!flags['upgrade']) return;
  if (!flags['stdin'] && values['new-password-file'] === undefined) return;
  throw new AtmosError(
    'ERR_USAGE',
    '--upgrade keeps the password and cannot be combined with a new one',
    {
      hints: [run([...command, '--upgrade']), run(command)],
    },
  );
}

async function tell(
  { host, note }: Context,
  location: string,
  { flags }: Invocation,
  result: RekeyResult,
): Promise<void> {
  const { outcome, entries, rewritten } = result;
  const named = `the keyring ${abbreviateHome(location, host)}`;
  const would = flags['dry-run'] ?? false;
  if (outcome === 'none') {
    await note(`nothing to do: ${whyNothing(named, entries, flags['upgrade'] ?? false)}`);
    return;
  }
  if (outcome === 'finished') {
    const verb = would ? 'would finish' : 'finished';
    await note(`${verb} an interrupted password change of ${named}; the new password is valid`);
    return;
  }
  const what = `${rewritten} of ${entries} entries`;
  if (would) await note(`would re-encrypt ${what} of ${named}`);
  else if (flags['upgrade']) await note(`re-encrypted ${what} of ${named}`);
  else await note(`changed the password of ${named}: ${what} re-encrypted`);
}

/** Entries of other programs that are not changed. */
async function tellOthers(
  { note }: Context,
  { unreadable, weakOthers }: RekeyResult,
  isUpgrade: boolean,
): Promise<void> {
  if (unreadable.length > 0) {
    await note(
      `not changed: entries of other programs that do not open with the current password: ${listNames(unreadable)}`,
    );
  }
  if (isUpgrade && weakOthers > 0) {
    await note(
      `not changed: ${weakOthers} weaker entries of other programs; --all also upgrades them, which slows down their reads in Atmos`,
    );
  }
}

async function tellNext(
  { note }: Context,
  passwordSources: PasswordSources | undefined,
  stores: readonly ConcernedStore[],
): Promise<void> {
  const conflicts = stores.filter(({ why }) => why === 'same-variable');
  if (conflicts.length > 0) {
    const names = conflicts.map(({ store }) => store.name).join(', ');
    await note(
      `Next: first configure a separate variable for the stores that keep the old password (${names}): options.password_env`,
    );
  }
  const where = whereItStands(passwordSources);
  if (where !== undefined) await note(`${conflicts.length > 0 ? 'Then' : 'Next'}: ${where}`);
}

/** The effect of a new password of the keyring on a store. */
function concernOf({ store, passwordEnv, why, location }: ConcernedStore): string {
  const variable = showValue(passwordEnv);
  const named = `the store ${store.name} (${store.place})`;
  return why === 'same-directory'
    ? `${named} keeps its secrets in this directory: secrets that open with the current password are re-encrypted with the new one, and Atmos needs the new password in ${variable} to read them`
    : `${named} keeps its secrets in ${location}, and Atmos also reads their password from ${variable}: they still need the old one`;
}

function whyNothing(named: string, entries: number, isUpgrade: boolean): string {
  if (entries === 0)
    return `${named} has no key or session yet; the first one that is stored sets its password`;
  return isUpgrade
    ? `all entries of atmos-auth in ${named} already have the strongest encryption`
    : `${named} already has the new password`;
}

/**
 * How to change the source of the old password to the new one. A user who types the password needs
 * no such hint.
 */
function whereItStands(sources: PasswordSources | undefined): string | undefined {
  const [source] = sources?.given ?? [];
  const everywhere = 'also for Atmos';
  switch (source?.kind) {
    case 'variable':
      return `set ${showValue(source.said)} to the new password wherever it is set, ${everywhere}`;
    case 'file':
      return `write the new password to ${showValue(source.said)} (${source.said.source}), ${everywhere}`;
    case 'command':
      return `let the password command (${source.said.source}) print the new password, ${everywhere}`;
    default:
      return undefined;
  }
}
