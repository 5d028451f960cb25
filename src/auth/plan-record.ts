import { systemErrorCode } from '../core/errors.ts';
import { isObject } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { Seen } from '../host/read-recorder.ts';
import { circumstancesOf, readRecorded, writeRecorded } from '../host/record-file.ts';
import type { PinnedKeyring } from '../keyring/contract.ts';
import type { Owner } from '../store/key.ts';
import { isPinnedKeyring } from './read-handle.ts';

// What planning from a handle gave, kept beside the handle with everything that it depends on. While
// none of that has changed, a credential process takes it and reads no configuration: docs/adr/0045.

/** What a credential process needs of a plan to look for a stored session. Contains no secret. */
export interface RecordedPlan {
  readonly identity: string;
  readonly realm: string;
  /** As the handle pins it. */
  readonly keyring: PinnedKeyring;
  readonly chainFingerprint: string;
  /** Other owners in the configuration whose session would have the same key. */
  readonly rivals: readonly Owner[];
}

const recordVersion = 2;

type Where = Pick<Host, 'env' | 'userId' | 'homeDirectory' | 'scriptPath'>;

/**
 * The plan that was recorded for a handle, if planning from it now would give the same. Never throws.
 *
 * @param file of the handle
 * @param host as the program was started
 */
export function readPlanRecord(file: string, host: Where): RecordedPlan | undefined {
  const files = [file, host.scriptPath];
  const circumstances = circumstancesOf(host, recordVersion);
  const result = readRecorded(pathOfRecord(file), circumstances, files, host)?.result;
  return isPlan(result) ? result : undefined;
}

/**
 * Records a plan. If the file cannot be written, the next process plans again.
 *
 * @param file of the handle
 * @param host as in {@link readPlanRecord}
 */
export function writePlanRecord(
  file: string,
  plan: RecordedPlan,
  seen: readonly Seen[],
  host: Where & Pick<Host, 'now'>,
): void {
  const recorded = { result: plan, seen };
  try {
    writeRecorded(pathOfRecord(file), circumstancesOf(host, recordVersion), recorded, host);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/** Beside the handle, so that the same users can replace it. */
function pathOfRecord(handle: string): string {
  return handle.replace(/(\.json)?$/, '.plan');
}

function isPlan(value: unknown): value is RecordedPlan {
  if (!isObject(value)) return false;
  const { identity, realm, keyring, chainFingerprint, rivals } = value;
  return (
    [identity, realm, chainFingerprint].every((text) => typeof text === 'string') &&
    isPinnedKeyring(keyring) &&
    Array.isArray(rivals) &&
    rivals.every(isOwner)
  );
}

function isOwner(value: unknown): value is Owner {
  return (
    isObject(value) && typeof value['realm'] === 'string' && typeof value['alias'] === 'string'
  );
}
