import { existsSync } from 'node:fs';
import { copyForCommand } from '../../app/copy-entries.ts';
import { chooseIdentities } from '../../app/import-identities.ts';
import { findSharedKeys, findVaultKeys, keyCopy, type FoundKeys } from '../../app/import-keys.ts';
import type { OpenAuth } from '../../app/open.ts';
import type { AuthPlan } from '../../auth/plan.ts';
import { AtmosError, isAtmosError, isEntryError } from '../../core/errors.ts';
import { optionWords, run, say, setVariable, typed } from '../../core/hint.ts';
import { withoutAbsent } from '../../core/json.ts';
import type { Host } from '../../host/host.ts';
import type { Keyring } from '../../keyring/contract.ts';
import { contentReader, entryCopy, type CopyResult } from '../../store/copy.ts';
import { createInventory, ownKeys } from '../../store/inventory.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { reportCopies, type CopyReport, type Outcome } from '../copy-report.ts';
import {
  absolutePath,
  importPasswordVariable,
  openAtmosKeyring,
  openVaultKeyring,
} from '../import-source.ts';
import { openForCommand } from '../open.ts';
import { loadPlan, loadPlanIfAny, warn } from '../plan.ts';
import { warnOfSharedRealm } from '../shared-realm-warning.ts';

const command = ['atmos', 'auth', 'keyring', 'import'];

type Options = Pick<Invocation, 'flags' | 'values'>;
interface Imported extends Pick<
  CopyReport,
  'from' | 'to' | 'inventory' | 'outcomes' | 'stopped' | 'left'
> {
  readonly plan: AuthPlan;
  readonly target: Keyring;
}

/**
 * `atmos auth keyring import`: copies into the configured keyring what another place holds. Entries of
 * Atmos keep their names, and expired sessions and tokens stay where they are; the long-lived keys of aws-vault and of the AWS files become those of the
 * identities that a person, or `--map`, says. Nothing is deleted where it came from.
 */
export async function keyringImport(
  context: Context,
  { flags, values }: Invocation,
): Promise<void> {
  const { from } = values;
  if (from === undefined) {
    throw new AtmosError(
      'ERR_USAGE',
      '--from is missing: it is atmos-file, aws-vault or aws-credentials',
      { hints: [run([...command, '--from', 'aws-vault'])] },
    );
  }
  const imported =
    from === 'atmos-file'
      ? await importEntries(context, { flags, values })
      : await importKeys(context, from, { flags, values });
  const report = {
    ...imported,
    isDryRun: flags['dry-run'] ?? false,
    conflictHints: [
      run([...commandAgain(from, { flags, values }), '--force'], 'to overwrite what is there'),
    ],
  };
  await reportCopies(context, report, values['output']);
  await warnOfSharedRealm(context, imported.plan, {
    keys: await imported.target.keys(),
    identities: imported.plan.config?.identities.map(({ name }) => name) ?? [],
  });
}

/** What was asked for, once more: without its options it would be another source. */
function commandAgain(from: string, { flags, values }: Options): string[] {
  const given = ['path', 'map'].flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : optionWords(`--${name}`, value);
  });
  return [...command, '--from', from, ...given, ...(flags['yes'] ? ['--yes'] : [])];
}

async function importEntries(context: Context, { flags, values }: Options): Promise<Imported> {
  for (const option of ['map', 'yes']) {
    if (values[option] === undefined && flags[option] === undefined) continue;
    throw new AtmosError('ERR_USAGE', `--${option} is about profiles, and atmos-file has none`, {
      hints: [run([...command, '--from', 'atmos-file'])],
    });
  }
  const plan = await loadPlanIfAny(context);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const target = opened.keyring;
  checkTarget(opened, flags);
  const source = await openAtmosKeyring(context, plan, values['path'], target.info);
  const inventory = createInventory(plan.realm.value, plan.config);
  const { keys, left } = await ownKeys(source, inventory);
  const between = { source, target };
  const readContent = contentReader(inventory, context.host.now());
  const copies = keys.map((key) => entryCopy(key, between, readContent));
  const { entries, stopped } = await copyForCommand(context, copies, copyFlags(flags, target));
  return {
    plan,
    target,
    from: { type: 'atmos-file', location: source.info.location },
    to: target.info,
    inventory,
    outcomes: entries,
    stopped: withPasswordHint(stopped, source),
    left,
  };
}

async function importKeys(
  context: Context,
  from: string,
  { flags, values }: Options,
): Promise<Imported> {
  const plan = await loadPlan(context);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const { keyring, manager } = opened;
  checkTarget(opened, flags);
  const place = { keyring, manager, realm: plan.realm.value };
  const { location, keys, left, warnings } =
    from === 'aws-vault'
      ? await openVault(context, values['path'], keyring)
      : await openShared(context.host, values['path']);
  for (const warning of warnings) await warn(context, warning);
  const choices = await chooseIdentities(
    context,
    { config: plan.config, manager },
    keys.map(({ profile }) => profile),
    { map: values['map'], yes: flags['yes'] ?? false },
  );
  const chosen = keys.flatMap((found) => {
    const identity = choices.get(found.profile);
    return identity === undefined || isAtmosError(identity) ? [] : [{ found, identity }];
  });
  const copies = chosen.map(({ found, identity }) => keyCopy(found, identity, place));
  const { entries, stopped } = await copyForCommand(context, copies, copyFlags(flags, keyring));
  const done = new Map(chosen.map(({ found }, index) => [found.profile, entries[index]]));
  const outcomes = keys.map(({ profile, lines, mfaDevice }): Outcome => {
    const found = { profile, lines, ...withoutAbsent({ mfaDevice }) };
    const entry = done.get(profile);
    if (entry !== undefined) return { ...entry, ...found };
    const choice = choices.get(profile);
    const unmade = { ...found, sourceDeleted: false };
    return isAtmosError(choice)
      ? { ...unmade, state: 'failed', error: choice }
      : { ...unmade, state: 'skipped' };
  });
  const to = keyring.info;
  const inventory = createInventory(plan.realm.value, plan.config);
  const [source, target] = [{ type: from, location }, keyring];
  return { plan, target, from: source, to, inventory, outcomes, stopped, left };
}

type Found = FoundKeys & { readonly location: string };

async function openVault(
  context: Context,
  path: string | undefined,
  target: Keyring,
): Promise<Found> {
  const source = await openVaultKeyring(context, path, target.info);
  const found = await findVaultKeys(source, context.host);
  await unlock(found);
  return { ...found, location: source.info.location };
}

/** Opens one, so that a wrong password is told of before anybody is asked about profiles. */
async function unlock({ keys }: FoundKeys): Promise<void> {
  for (const key of keys) {
    try {
      await key.read();
      return;
    } catch (error) {
      if (!isEntryError(error)) throw error;
    }
  }
}

/** @throws ERR_USAGE for a `--path` that leads nowhere */
async function openShared(host: Host, path: string | undefined): Promise<Found> {
  const { sharedPaths } = await import('../../clouds/aws/shared-files.ts');
  const usual = sharedPaths(host);
  const credentials =
    path === undefined ? usual.credentials : absolutePath({ value: path, source: '--path' }, host);
  if (path !== undefined && !existsSync(credentials)) {
    throw new AtmosError('ERR_USAGE', `there is no file ${credentials} (--path)`, {
      hints: [run([...command, '--from', 'aws-credentials'])],
    });
  }
  const found = await findSharedKeys({ ...usual, credentials });
  return { ...found, location: credentials };
}

function copyFlags(flags: Invocation['flags'], target: Keyring) {
  return { target, overwrite: flags['force'] ?? false, isDryRun: flags['dry-run'] ?? false };
}

function checkTarget(
  { keyring, plan, requireStorable }: Pick<OpenAuth, 'keyring' | 'plan' | 'requireStorable'>,
  flags: Invocation['flags'],
): void {
  const { info } = keyring;
  if (info.persistent) return flags['dry-run'] ? undefined : requireStorable();
  throw new AtmosError(
    'ERR_USAGE',
    `the ${info.type} keyring (from ${plan.keyring.type.source}) keeps nothing, so nothing can be imported into it`,
    { hints: [say('set auth.keyring.type to system or file')] },
  );
}

/** The usual sources give one password, and two keyrings may have two. */
function withPasswordHint(
  stopped: CopyResult['stopped'],
  { info }: Keyring,
): CopyResult['stopped'] {
  if (!isAtmosError(stopped, 'ERR_KEYRING_PASSWORD_WRONG')) return stopped;
  const hint = setVariable(importPasswordVariable, typed, `for the password of ${info.location}`);
  return new AtmosError(stopped.code, stopped.message, { hints: [...stopped.hintValues, hint] });
}
