import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Machine, Result, RunOptions } from './machine.ts';

const notStored = /^\.local\/state(\/|$)|\/\.state\/lock$/;

/**
 * All that is in the machine's home, each with mode, owner and a hash of its content. Left out are
 * the locks (which name their last holder) and what is noted of logins that failed: they hold
 * nothing that was stored.
 */
export function storedIn({ home }: Pick<Machine, 'home'>): Record<string, string> {
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' }).sort();
  const kept = names.filter((name) => !notStored.test(name));
  return Object.fromEntries(kept.map((name) => [name, describeFile(join(home, name))]));
}

function describeFile(path: string): string {
  const stats = lstatSync(path);
  const owned = `${stats.mode.toString(8)} ${stats.uid}`;
  if (stats.isSymbolicLink()) return `${owned} -> ${readlinkSync(path)}`;
  if (!stats.isFile()) return owned;
  return `${owned} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

export interface Refusal {
  readonly exitCode: number;
  /** What follows `error: `, before the first hint; as a pattern, with it. */
  readonly message: string | RegExp;
  /** Each after `hint: `. */
  readonly hints?: readonly string[];
}

/** Runs a command that must be refused so, with nothing on standard output, and nothing stored changed. */
export async function expectRefusal(
  machine: Machine,
  command: string,
  options: RunOptions,
  refusal: Refusal,
): Promise<void> {
  const before = storedIn(machine);
  expectError(await machine.atmos(command, options), refusal);
  expect(storedIn(machine)).toEqual(before);
}

/** What a command that failed has printed. */
export function expectError({ exitCode, stdout, stderr }: Result, refusal: Refusal): void {
  const { message, hints = [] } = refusal;
  const [said = '', ...hinted] = stderr.split(/^(?=hint: )/m).map((part) => part.trimEnd());
  expect({ exitCode, stdout, message: said, hints: hinted }).toEqual({
    exitCode: refusal.exitCode,
    stdout: '',
    message: typeof message === 'string' ? `error: ${message}` : expect.stringMatching(message),
    hints: hints.map((hint) => `hint: ${hint}`),
  });
}
