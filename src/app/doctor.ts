import type { AuthPlan } from '../auth/plan.ts';
import { logOut, optionWords, run, say, type Hint } from '../core/hint.ts';
import { foldName } from '../core/names.ts';
import { formatDateTime, formatRemaining, formatTimestamp, type LocalClock } from '../core/time.ts';
import type { Host } from '../host/host.ts';
import { setClock } from '../host/set-clock.ts';
import { ok, problem, warning, type Finding } from '../keyring/inspection.ts';
import {
  contentFaultOf,
  createInventory,
  type Inventory,
  type ReadEntry,
} from '../store/inventory.ts';
import { isSharedToken } from '../store/key.ts';
import { examineKeyring, type Subject } from './doctor-keyring.ts';

/**
 * Examines a keyring and the owners and validity of its entries.
 *
 * @throws as examineKeyring
 */
export async function examine(
  subject: Subject,
  { config, realm }: AuthPlan,
  host: LocalClock & Pick<Host, 'platform'>,
): Promise<Finding[]> {
  const inventory = createInventory(realm.value, config);
  const entries: ReadEntry[] = [];
  const findings = await examineKeyring(subject, {
    isOwn: inventory.isCertainlyOwn,
    onEntry(key, value) {
      const entry = inventory.read(key, value);
      if (entry.owner === 'atmos-auth') entries.push(entry);
    },
  });
  return [
    ...findings.map((finding) => withRewriting(finding, inventory)),
    ...(entries.length === 0 ? [] : examineContents(entries)),
    ...(config === undefined || entries.length === 0
      ? []
      : examineOrphans(entries, realm.value, inventory)),
    examineClock(entries, host, setClock(host)),
  ];
}

/** Adds hints for duplicates: the keyring does not know which command rewrites an entry. */
function withRewriting(finding: Finding, inventory: Inventory): Finding {
  if (finding.id !== 'duplicates' || finding.key === undefined) return finding;
  const command = rewritingOf(finding.key, inventory);
  return command === undefined ? finding : { ...finding, hints: [...finding.hints, command] };
}

/** The command that rewrites an entry, so that no duplicate remains. */
function rewritingOf(key: string, inventory: Inventory): Hint | undefined {
  const named = inventory.named(key);
  if (named.owner !== 'atmos-auth') return undefined;
  const identity = optionWords('--identity', named.alias);
  const command =
    named.item === 'key' ? ['auth', 'user', 'configure'] : ['auth', 'login', '--force'];
  return run(['atmos', ...command, ...identity], 'to keep only one entry');
}

/** Checks that each entry matches its name and is valid. */
function examineContents(entries: readonly ReadEntry[]): Finding[] {
  const findings = entries.flatMap((entry) => faultsOf(entry));
  if (findings.length > 0) return findings;
  return [ok('contents', 'the content of every entry matches its name')];
}

function faultsOf(entry: ReadEntry): Finding[] {
  const { key, alias, item } = entry;
  const fault = contentFaultOf(entry);
  if (fault === undefined) return [];
  if (entry.isForeign) {
    return [
      {
        ...problem(
          'contents',
          `the entry ${key} ${fault}: it was renamed, or two identities share the name`,
          say('set auth.realm to a name of its own, so that no two identities share an entry'),
        ),
        key,
      },
    ];
  }
  return [
    {
      ...problem(
        'contents',
        `the entry ${key} ${fault}`,
        logOut(alias, item === 'key', 'to remove it'),
      ),
      key,
    },
  ];
}

/** AWS rejects requests whose time differs by more than five minutes. */
const toleratedMs = 5 * 60 * 1000;
/** A correct clock cannot show an earlier time. */
const earliest = Date.UTC(2026, 0, 1);

/**
 * Checks the clock with stored data: the clock difference to AWS when a session was opened, and the
 * times when entries were saved. Sends no request.
 *
 * @param remedies hints for setting the clock
 */
export function examineClock(
  entries: readonly ReadEntry[],
  clock: LocalClock,
  remedies: readonly Hint[],
): Finding {
  const now = clock.now();
  /** The finding with UTC for programs, and with local time for people. */
  const withTimes = (describe: (format: (at: Date) => string) => string): Finding => ({
    ...ok('clock', describe(formatTimestamp)),
    shown: describe((at) => formatDateTime(at, clock)),
  });
  const wrongTime = { state: 'warning', hints: remedies } as const;
  if (now.getTime() < earliest) {
    const finding = withTimes((format) => `the clock shows ${format(now)}, which is in the past`);
    return { ...finding, ...wrongTime };
  }
  const saved = entries.flatMap(({ savedAt }) => savedAt ?? []);
  const lastSaved = new Date(Math.max(...saved.map(Number), 0));
  const ahead = lastSaved.getTime() - now.getTime();
  if (ahead > toleratedMs) {
    const finding = withTimes(
      (format) =>
        `the clock shows ${format(now)}, but an entry was saved at ${format(lastSaved)}: the clock was wrong then or is wrong now`,
    );
    return { ...finding, ...wrongTime };
  }
  const offsetMs = latestOffset(entries);
  if (offsetMs === undefined) return withTimes((format) => `the clock shows ${format(now)}`);
  if (Math.abs(offsetMs) < toleratedMs)
    return ok('clock', 'the clock was right when the last session was opened');
  const wrong = `${formatRemaining(Math.abs(offsetMs))} ${offsetMs > 0 ? 'slow' : 'fast'}`;
  return warning(
    'clock',
    `when the last session was opened, the clock was ${wrong} compared with the clock of AWS`,
    ...remedies,
  );
}

function latestOffset(entries: readonly ReadEntry[]): number | undefined {
  const noted = entries.filter(({ clockOffsetMs }) => clockOffsetMs !== undefined);
  const [latest] = noted.sort((a, b) => Number(b.savedAt ?? 0) - Number(a.savedAt ?? 0));
  return latest?.clockOffsetMs;
}

/**
 * Entries of identities and providers that are not configured. Only in the current realm: other
 * realms belong to other projects.
 */
function examineOrphans(
  entries: readonly ReadEntry[],
  realm: string,
  inventory: Inventory,
): Finding[] {
  const orphans = new Map<string, ReadEntry[]>();
  for (const entry of entries.filter((one) => inventory.isOrphan(one))) {
    const name = foldName(entry.alias);
    orphans.set(name, [...(orphans.get(name) ?? []), entry]);
  }
  const findings = [...orphans.values()].map(ofOrphan);
  return [
    ...(findings.length > 0
      ? findings
      : [ok('orphans', `no entry of realm ${realm} belongs to a name that is not configured`)]),
    ...ofOtherRealms(entries, realm),
  ];
}

function ofOrphan(entries: readonly ReadEntry[]): Finding {
  const alias = entries[0]?.alias ?? '';
  const items = entries.map(({ item }) => item);
  return warning(
    'orphans',
    `the ${items.join(' and ')} of ${alias} ${items.length === 1 ? 'is' : 'are'} stored, but no identity or provider of this name is configured here or in a chosen profile`,
    logOut(alias, items.includes('key')),
  );
}

function ofOtherRealms(entries: readonly ReadEntry[], realm: string): Finding[] {
  // The token of a portal belongs to all realms.
  const others = entries.filter((entry) => entry.realm !== realm && !isSharedToken(entry.key));
  if (others.length === 0) return [];
  const realms = [...new Set(others.map((entry) => entry.realm ?? 'unknown'))].sort();
  return [ok('realms', `entries of other realms: ${others.length} (${realms.join(', ')})`)];
}
