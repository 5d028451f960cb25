import { expect } from 'vitest';
import type { Keyring } from '../../src/keyring/contract.ts';
import { contentsOf, mixedEntries } from '../store/mixed-entries.ts';
import { startWriter } from './processes.ts';

export const entries = mixedEntries(500);
export const kills = 20;
const killsInDeleting = 4;

/** A migration of {@link entries} by a program that is killed repeatedly. */
export interface Migration {
  /** The compiled migrate-program.ts. */
  readonly program: string;
  readonly from: string;
  readonly to: string;
  readonly source: Keyring;
  readonly target: Keyring;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the program and kills it a few calls after the given one. */
async function startAndKill({ program, from, to, env }: Migration, at: number, then: string[]) {
  const migrator = startWriter(program, [from, to, `${at}`, ...then], env);
  await migrator.line('reached');
  await migrator.kill();
  expect((await migrator.ended).signal).toBe('SIGKILL');
}

export async function finish(
  { program, from, to, env }: Migration,
  then: string[],
): Promise<string> {
  const migrator = startWriter(program, [from, to, '0', ...then], env);
  expect(await migrator.ended).toEqual({ exitCode: 0, signal: null, stderr: '' });
  return migrator.line('ended');
}

/** Copies and is killed in each entry. An entry that is already copied takes two calls. */
export async function copyKilled(migration: Migration, times: number, then: string[]) {
  let copied = 0;
  for (let kill = 0; kill < times; kill++) {
    // Each kill hits another of the four calls that an entry takes.
    await startAndKill(migration, 2 * copied + 4 * 4 + (kill % 4), then);
    const { length } = await migration.target.keys();
    expect(length).toBeGreaterThan(copied);
    copied = length;
  }
  expect(await migration.source.keys()).toHaveLength(500);
}

/** Deletes the copied entries and is killed repeatedly. */
async function deleteKilled(migration: Migration, times: number) {
  let left = 500;
  for (let kill = 0; kill < times; kill++) {
    await startAndKill(migration, 2 * left + 3 * 100 + (kill % 3), ['delete']);
    const { length } = await migration.source.keys();
    expect(length).toBeLessThan(left);
    left = length;
  }
  expect(await migration.target.keys()).toHaveLength(500);
}

export async function expectMoved(migration: Migration) {
  await copyKilled(migration, kills - killsInDeleting, ['delete']);
  expect(await finish(migration, [])).toBe('ended copied false, present false');
  await deleteKilled(migration, killsInDeleting);
  expect(await finish(migration, ['delete'])).toBe('ended present true');
  expect(await migration.source.keys()).toEqual([]);
  expect(await contentsOf(migration.target)).toEqual(entries);
}
