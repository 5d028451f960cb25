import { findNeeds } from '../auth/trust-needs.ts';
import type { Config } from '../config/load.ts';
import { listRecords, removeRecords, stateOf, writeRecord } from '../config/trust-records.ts';
import { findRecord, identify, type ShownNeed, type TrustRecord } from '../config/trust-store.ts';
import { covers, isOfProject, type TrustNeed } from '../config/trust.ts';
import type { Host } from '../host/host.ts';

export type { ShownNeed } from '../config/trust-store.ts';

/** A project and the needs of its files. */
export interface TrustedProject extends ReturnType<typeof identify> {
  readonly profiles: readonly string[];
  /** Empty: nothing in it needs trust. */
  readonly needs: readonly ShownNeed[];
  /** Whether it was already trusted. Always true without needs. */
  readonly wasTrusted: boolean;
  readonly isTrusted: boolean;
}

export interface TrustServices {
  show(needs: readonly ShownNeed[]): Promise<void>;
  /** Whether the user agrees. Not asked if the files are trusted already. */
  confirm(): Promise<boolean>;
}

/** What was trusted, and whether the files are still those. */
export interface TrustedRecord extends TrustRecord {
  readonly state: ReturnType<typeof stateOf>;
}

/**
 * Shows the needs of a project's files and, if the user agrees, records the trust until a file
 * changes. Runs no command.
 */
export async function giveTrust(
  config: Config,
  host: Host,
  { show, confirm }: TrustServices,
): Promise<TrustedProject> {
  const needs = await needsOfProject(config, host);
  const wasTrusted = needs.length === 0 || areCovered(config, needs, host);
  await show(needs);
  const isTrusted = wasTrusted || (await confirm());
  if (isTrusted && !wasTrusted) writeRecord(config, needs, host);
  return { ...identify(config), profiles: config.profiles, needs, wasTrusted, isTrusted };
}

/** Everything that this user has trusted. */
export function listTrust(host: Host): TrustedRecord[] {
  return listRecords(host).map(withState);
}

/** Revokes the trust in a directory. @returns the removed records */
export function revokeTrust(directory: string, host: Host): TrustedRecord[] {
  return removeRecords(directory, host).map(withState);
}

function withState(record: TrustRecord): TrustedRecord {
  return { ...record, state: stateOf(record) };
}

/** Needs found while loading belong to the project; other needs count if its files set them. */
async function needsOfProject(config: Config, host: Host): Promise<ShownNeed[]> {
  const others = (await findNeeds(config, host)).filter((need) => isOfProject(config, need));
  const withSource = (need: TrustNeed) => ({ source: config.sourceOf(need.path), ...need });
  return [...config.needs, ...others].map(withSource);
}

function areCovered(config: Config, needs: readonly ShownNeed[], host: Host): boolean {
  const { record } = findRecord(config, host);
  return record !== undefined && needs.every((need) => covers(record, need));
}
