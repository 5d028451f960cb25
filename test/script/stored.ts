import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Machine, Result, RunOptions } from './machine.ts';

const notStored = /^\.local\/state(\/|$)|\/\.state\/lock$/;

/**
 * Every file in the machine's home with mode, owner and a hash of its content, except locks (which
 * name their last holder) and records of failed logins: these are not stored entries.
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
  /** The text after `error: `, before the first hint, or a pattern that matches it. */
  readonly message: string | RegExp;
  /** The texts after `hint: `. */
  readonly hints?: readonly string[];
}

/**
 * Runs a command that must fail with this refusal, print nothing on standard output and change
 * nothing that is stored.
 */
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

/** The output of a failed command. */
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
