import { randomBytes } from 'node:crypto';
import type { Hint } from '../core/hint.ts';

/** `warning`: it works, but should be fixed. `problem`: it does not work, or is not safe. */
export type FindingState = 'ok' | 'warning' | 'problem';

/** What an examination found. */
export interface Finding {
  /** What was looked at: `round-trip`. Programs go by it. */
  readonly id: string;
  readonly state: FindingState;
  readonly message: string;
  /** The message with times as people read them, where it has times: JSON keeps those of the message. */
  readonly shown?: string;
  readonly hints: readonly Hint[];
  /** The entry that it is about. */
  readonly key?: string;
}

export function ok(id: string, message: string): Finding {
  return { id, state: 'ok', message, hints: [] };
}

/** Nothing is wrong, and a person may want to change it all the same. */
export function note(id: string, message: string, ...hints: readonly Hint[]): Finding {
  return { id, state: 'ok', message, hints };
}

export function warning(id: string, message: string, ...hints: readonly Hint[]): Finding {
  return { id, state: 'warning', message, hints };
}

export function problem(id: string, message: string, ...hints: readonly Hint[]): Finding {
  return { id, state: 'problem', message, hints };
}

const form = /^atmos-auth-doctor-probe-(\d{1,12})-[0-9a-f]{8}$/;
const maxExaminationMs = 10 * 60 * 1000;

/** The key of an entry that is written only to see whether that works: it tells what it is, and when. */
export function createProbeKey(now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `atmos-auth-doctor-probe-${seconds}-${randomBytes(4).toString('hex')}`;
}

/** Whether it is what an examination that was killed has left, and none at work. */
export function isStaleProbe(key: string, now: Date): boolean {
  const seconds = form.exec(key)?.[1];
  return (
    seconds !== undefined && Math.abs(now.getTime() - Number(seconds) * 1000) > maxExaminationMs
  );
}
