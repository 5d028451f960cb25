import { findNeeds } from '../auth/trust-needs.ts';
import type { Config } from '../config/load.ts';
import { listRecords, removeRecords, stateOf, writeRecord } from '../config/trust-records.ts';
import { findRecord, identify, type ShownNeed, type TrustRecord } from '../config/trust-store.ts';
import { covers, isOfProject, type TrustNeed } from '../config/trust.ts';
import type { Host } from '../host/host.ts';

export type { ShownNeed } from '../config/trust-store.ts';

/** A project and what its files ask for. */
export interface TrustedProject extends ReturnType<typeof identify> {
  readonly profiles: readonly string[];
  /** Empty: nothing in it needs trust. */
  readonly needs: readonly ShownNeed[];
  /** Whether it was trusted before. Without needs it always is. */
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
 * Shows what a project's files ask for, and records that they may do it if the user agrees, as long as
 * none of them changes. Runs nothing of it.
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

/** All that this user has trusted. */
export function listTrust(host: Host): TrustedRecord[] {
  return listRecords(host).map(withState);
}

/** Forgets what was trusted in a directory. @returns what that was */
export function revokeTrust(directory: string, host: Host): TrustedRecord[] {
  return removeRecords(directory, host).map(withState);
}

function withState(record: TrustRecord): TrustedRecord {
  return { ...record, state: stateOf(record) };
}

/** What loading has met is the project's; of the rest only what its files ask for. */
async function needsOfProject(config: Config, host: Host): Promise<ShownNeed[]> {
  const others = (await findNeeds(config, host)).filter((need) => isOfProject(config, need));
  const withSource = (need: TrustNeed) => ({ source: config.sourceOf(need.path), ...need });
  return [...config.needs, ...others].map(withSource);
}

function areCovered(config: Config, needs: readonly ShownNeed[], host: Host): boolean {
  const { record } = findRecord(config, host);
  return record !== undefined && needs.every((need) => covers(record, need));
}
