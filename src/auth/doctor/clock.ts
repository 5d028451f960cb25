import { clockHints } from '../../core/hint.ts';
import { formatRemaining, formatTimestamp } from '../../core/time.ts';
import { ok, warning, type Finding } from '../../keyring/inspection.ts';
import type { ReadEntry } from '../../store/inventory.ts';

/** AWS refuses a request that is five minutes off. */
const toleratedMs = 5 * 60 * 1000;
/** No clock that is right shows an earlier time. */
const earliest = Date.UTC(2026, 0, 1);

/**
 * The clock, by what is kept: how far that of AWS was ahead when a session was opened, and when
 * entries were saved. Nobody is asked for the time.
 */
export function examineClock(
  entries: readonly ReadEntry[],
  now: Date,
  platform: NodeJS.Platform,
): Finding {
  const mend = clockHints(platform);
  if (now.getTime() < earliest) {
    return warning('clock', `the clock shows ${formatTimestamp(now)}, which is long past`, ...mend);
  }
  const saved = entries.flatMap(({ savedAt }) => savedAt ?? []);
  const lastSaved = new Date(Math.max(...saved.map(Number), 0));
  const ahead = lastSaved.getTime() - now.getTime();
  if (ahead > toleratedMs) {
    return warning(
      'clock',
      `the clock shows ${formatTimestamp(now)}, and an entry was saved at ${formatTimestamp(lastSaved)}: it was wrong then, or is now`,
      ...mend,
    );
  }
  const offsetMs = latestOffset(entries);
  if (offsetMs === undefined) return ok('clock', `the clock shows ${formatTimestamp(now)}`);
  if (Math.abs(offsetMs) < toleratedMs)
    return ok('clock', 'the clock was right when the last session was opened');
  const wrong = `${formatRemaining(Math.abs(offsetMs))} ${offsetMs > 0 ? 'slow' : 'fast'}`;
  return warning(
    'clock',
    `when the last session was opened, the clock was ${wrong} by that of AWS`,
    ...mend,
  );
}

function latestOffset(entries: readonly ReadEntry[]): number | undefined {
  const noted = entries.filter(({ clockOffsetMs }) => clockOffsetMs !== undefined);
  const [latest] = noted.sort((a, b) => Number(b.savedAt ?? 0) - Number(a.savedAt ?? 0));
  return latest?.clockOffsetMs;
}
