import { resolve } from 'node:path';
import { exportEntries, type Exported } from '../../app/export-entries.ts';
import { countOf } from '../../core/count.ts';
import { AtmosError, joinErrors, type ErrorCode } from '../../core/errors.ts';
import { addOptions, placeholder, run } from '../../core/hint.ts';
import type { Sourced } from '../../core/json.ts';
import { abbreviateHome, requireFromHome } from '../../host/home.ts';
import type { EntryOwner } from '../../store/inventory.ts';
import { newArchivePassphrase } from '../archive-keys.ts';
import type { Invocation } from '../command.ts';
import type { Context } from '../context.ts';
import { listOf } from '../list-option.ts';
import { openForCommand } from '../open.ts';
import { loadPlanIfAny } from '../plan.ts';
import { createProgress } from '../ui/progress.ts';

const maxNames = 20;

/** The documented form of `-o json`: always every field. */
interface ExportJson {
  file: string;
  from: { type: string; location: string };
  /** The names of the entries in the archive. */
  entries: readonly string[];
  /** Empty: the archive has a passphrase. */
  recipients: readonly string[];
  /** Entries of other programs that are not in the archive. */
  left: readonly { key: string; owner: EntryOwner }[];
  /** Entries of atmos-auth that are not in the archive, because they cannot be decrypted or used. */
  failed: readonly { key: string; code: ErrorCode; reason: string }[];
}

/**
 * `atmos auth keyring export FILE`: writes every entry of the configured keyring to one encrypted
 * file. The tool age can open it, and `keyring import --from archive` reads it. Fails with the first
 * error of an entry that had to be left out.
 */
export async function keyringExport(
  context: Context,
  { operand = '', flags, values }: Invocation,
): Promise<void> {
  const { host, outJson, note } = context;
  if (operand === '-') {
    throw new AtmosError('ERR_USAGE', 'keyring export writes a file, not to standard output', {
      hints: [run(['atmos', 'auth', 'keyring', 'export', placeholder('file')])],
    });
  }
  const named = { value: operand, source: 'FILE' };
  const file = { ...named, value: resolve(host.workingDirectory(), requireFromHome(named, host)) };
  const recipients = recipientsOf(values['recipient']);
  const plan = await loadPlanIfAny(context);
  const opened = await openForCommand(context, plan, { isInteractive: true });
  const exported = await exportEntries(
    opened,
    { file, recipients, includesOthers: flags['all'] ?? false },
    {
      host,
      startProgress: (work) => createProgress(context, work),
      newPassphrase: () => newArchivePassphrase(context),
    },
  );
  if (values['output'] === 'json') await outJson(jsonOf(file.value, exported));
  else await note(...format(file.value, exported).map((line) => abbreviateHome(line, host)));
  const [first, ...more] = exported.failed.map(({ error }) => error);
  if (first === undefined) return;
  const { code, lines, hintValues } = joinErrors([first, ...more.slice(0, maxNames - 1)]);
  const count = countOf(exported.failed.length, 'entry is', 'entries are');
  throw new AtmosError(code, [`the archive is not complete: ${count} missing`, ...lines], {
    hints: hintValues,
  });
}

function recipientsOf(value: string | undefined): Sourced<readonly string[]> | undefined {
  const recipients = listOf(value);
  if (recipients === undefined) return undefined;
  if (recipients.length > 0) return { value: recipients, source: '--recipient' };
  throw new AtmosError('ERR_USAGE', '--recipient must contain at least one public key of age', {
    hints: [addOptions(['--recipient', placeholder('recipient')])],
  });
}

function jsonOf(file: string, { from, keys, recipients, left, failed }: Exported): ExportJson {
  const { type, location } = from;
  return {
    file,
    from: { type, location },
    entries: keys,
    recipients,
    left: left.map(({ key, owner }) => ({ key, owner })),
    failed: failed.map(({ key, error: { code, message } }) => ({ key, code, reason: message })),
  };
}

function format(file: string, { from, keys, recipients, left }: Exported): string[] {
  const count = countOf(keys.length, 'entry', 'entries');
  const lock = recipients.length === 0 ? 'with a passphrase' : `for ${recipients.join(', ')}`;
  const exported = `✓ exported ${count} of the ${from.type} keyring (${from.location}) to ${file}, encrypted ${lock}`;
  if (left.length === 0) return [exported];
  const more = left.length - maxNames;
  return [
    exported,
    'not included, entries of other programs:',
    ...left.slice(0, maxNames).map(({ key }) => `  ${key}`),
    ...(more > 0 ? [`  and ${more} more, which -o json shows`] : []),
  ];
}
