import type { Copied, CopyPlace, LeftEntry, Outcome, SourceLine } from '../app/copy-entries.ts';
import { AtmosError, type ErrorCode } from '../core/errors.ts';
import { distinctHints, say, type Hint } from '../core/hint.ts';
import { withoutAbsent } from '../core/json.ts';
import { abbreviateHome } from '../host/home.ts';
import { isInTarget } from '../store/copy.ts';
import type { Inventory } from '../store/inventory.ts';
import type { ItemKind } from '../store/key.ts';
import type { Context } from './context.ts';
import { formatTable } from './ui/table.ts';

export interface CopyReport extends Copied {
  readonly isDryRun: boolean;
  /** What to do about an existing entry with another value. */
  readonly conflictHints: readonly Hint[];
}

/** The documented form of an entry in `-o json`: always every field. */
interface ReportedEntry {
  /**
   * The name in the keyring. This field and the next three are null for a profile that was not
   * imported.
   */
  key: string | null;
  /** Also null if the name does not contain it. */
  realm: string | null;
  identity: string | null;
  item: ItemKind | null;
  /** For aws-vault and the AWS files; null for an entry that keeps its name. */
  profile: string | null;
  state: Outcome['state'];
  /** The MFA device that is copied with the access key. */
  mfa_device: string | null;
  source_deleted: boolean;
  /** The lines of the AWS files that still contain the access key. */
  source_lines: readonly SourceLine[];
  code: ErrorCode | null;
  reason: string | null;
}

const maxReasons = 10;
const maxNames = 20;
const words: Readonly<Record<Outcome['state'], string>> = {
  copied: 'copied',
  overwritten: 'overwritten',
  present: 'already there',
  expired: 'expired',
  conflict: 'conflict',
  failed: 'failed',
  gone: 'gone',
  skipped: 'skipped',
  pending: 'not yet',
};

/**
 * Reports what was copied: as `{"from", "to", "dry_run", "complete", "entries", "others"}`, or a
 * row for each entry. Fails if not all entries were copied.
 *
 * @throws the error that stopped it, otherwise the first error of an entry that was not copied
 */
export async function reportCopies(
  { outJson, note, host }: Pick<Context, 'outJson' | 'note' | 'host'>,
  report: CopyReport,
  output: string | undefined,
): Promise<void> {
  const { outcomes, stopped } = report;
  // Then the error contains everything.
  if (stopped && outcomes.every(({ state }) => state === 'pending')) throw stopped;
  const failure = failureOf(report);
  if (output === 'json') await outJson(jsonOf(report));
  else await note(...formatReport(report).map((line) => abbreviateHome(line, host)));
  if (failure !== undefined) throw failure;
}

function jsonOf(report: CopyReport) {
  const place = ({ type, location, realm }: CopyPlace) => ({
    type,
    location,
    ...withoutAbsent({ realm }),
  });
  return {
    from: place(report.from),
    to: place(report.to),
    dry_run: report.isDryRun,
    complete: failureOf(report) === undefined,
    entries: report.outcomes.map((outcome) => reportedEntry(outcome, report.inventory)),
    others: report.left.length,
    left: report.left.map(leftJson),
  };
}

function leftJson(left: LeftEntry) {
  const isEntry = 'key' in left;
  return {
    key: isEntry ? left.key : null,
    owner: isEntry ? left.owner : null,
    profile: isEntry ? null : left.profile,
  };
}

function reportedEntry(outcome: Outcome, inventory: Inventory): ReportedEntry {
  const { key, profile, lines, error } = outcome;
  const entry = key === undefined ? undefined : inventory.named(key);
  const named = entry?.owner === 'atmos-auth' ? entry : undefined;
  return {
    key: key ?? null,
    realm: named?.realm ?? null,
    identity: named?.alias ?? null,
    item: outcome.item ?? named?.item ?? null,
    profile: profile ?? null,
    state: outcome.state,
    mfa_device: deviceOf(outcome)?.value ?? null,
    source_deleted: outcome.sourceDeleted,
    source_lines: lines ?? [],
    code: error?.code ?? null,
    reason: error?.message ?? null,
  };
}

function formatReport(report: CopyReport): string[] {
  const { outcomes, from, to } = report;
  const places = `from ${nameOf(from)} to ${nameOf(to)}`;
  if (outcomes.length === 0) return [`nothing to copy ${places}`, ...formatLeft(report)];
  return [
    ...formatTable(tableOf(report)),
    `${countStates(report)}: ${places}`,
    ...formatLeft(report),
    ...formatDevices(report),
    ...formatLines(report),
  ];
}

function formatLeft({ left }: CopyReport): string[] {
  if (left.length === 0) return [];
  const [first] = left;
  const what =
    first !== undefined && 'key' in first ? 'other entries' : 'profiles without a long-lived key';
  const shown = left.slice(0, maxNames).map((one) => `  ${'key' in one ? one.key : one.profile}`);
  const more = left.length - shown.length;
  return [
    `not copied, ${what}:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more, which -o json shows`] : []),
  ];
}

function tableOf(report: CopyReport): string[][] {
  const hasProfiles = report.outcomes.some(({ profile }) => profile !== undefined);
  const rows = report.outcomes.map((outcome) => {
    const { profile, item, identity, realm, key } = reportedEntry(outcome, report.inventory);
    const shown = hasProfiles ? [profile ?? '-'] : [];
    const state = wordOf(outcome, report);
    return [state, ...shown, item ?? '-', identity ?? '-', realm ?? '-', key ?? '-'];
  });
  const profile = hasProfiles ? ['PROFILE'] : [];
  return [['STATE', ...profile, 'ITEM', 'IDENTITY', 'REALM', 'KEY'], ...rows];
}

function wordOf({ state, sourceDeleted }: Outcome, { isDryRun }: CopyReport): string {
  if (sourceDeleted) return 'moved';
  const isChange = state === 'copied' || state === 'overwritten';
  return isChange && isDryRun ? `would be ${words[state]}` : words[state];
}

/** `498 copied, 2 conflict` */
function countStates(report: CopyReport): string {
  const counts = new Map<string, number>();
  for (const outcome of report.outcomes) {
    const word = wordOf(outcome, report);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

/**
 * For an access key that could not be imported the device is not shown, because it may be the
 * invalid value.
 */
function deviceOf({ state, mfaDevice }: Outcome): Outcome['mfaDevice'] {
  return state !== 'skipped' && isInTarget(state) ? mfaDevice : undefined;
}

function formatDevices({ outcomes }: CopyReport): string[] {
  return outcomes.flatMap((outcome) => {
    const device = deviceOf(outcome);
    if (device === undefined) return [];
    return [`MFA device of profile ${outcome.profile}: ${device.value} (${device.source})`];
  });
}

function formatLines({ outcomes, isDryRun }: CopyReport): string[] {
  const stored = outcomes.filter(({ state }) => state !== 'skipped' && isInTarget(state));
  const lines = stored.flatMap((outcome) => outcome.lines ?? []);
  if (lines.length === 0 || isDryRun) return [];
  const places = lines.map(({ file, line }) => `  ${file}:${line}`);
  return [
    'these lines still contain access keys that are now in the keyring; remove them:',
    ...places,
  ];
}

function failureOf(report: CopyReport): AtmosError | undefined {
  const { outcomes, stopped, conflictHints } = report;
  if (stopped !== undefined) {
    return new AtmosError(stopped.code, [...stopped.lines, `so far: ${countStates(report)}`], {
      hints: [...stopped.hintValues, say('run the same command again to continue')],
    });
  }
  const errors = outcomes.flatMap(({ error }) => error ?? []);
  const [first] = errors;
  if (first === undefined) return undefined;
  const isConflict = outcomes.some(({ state }) => state === 'conflict');
  const hints = distinctHints([
    ...(isConflict ? conflictHints : []),
    ...errors.flatMap((error) => error.hintValues),
  ]);
  const more = errors.length - maxReasons;
  return new AtmosError(
    first.code,
    [
      `${errors.length} of ${outcomes.length} failed:`,
      ...errors.slice(0, maxReasons).flatMap((error) => error.lines),
      ...(more > 0 ? [`and ${more} more, which -o json shows`] : []),
    ],
    { hints: hints.slice(0, maxReasons) },
  );
}

function nameOf({ type, location, realm }: CopyPlace): string {
  if (realm === undefined) return `${type} (${location})`;
  return realm === null ? 'other realms' : `realm ${realm}`;
}
