import { randomBytes } from 'node:crypto';
import { countOf } from '../core/count.ts';
import { isAtmosError, isEntryError, KeyringError, type AtmosError } from '../core/errors.ts';
import { run, unlockHints } from '../core/hint.ts';
import { listNames } from '../core/json.ts';
import { formatMoment, formatTimestamp } from '../core/time.ts';
import { readEach } from '../keyring/bulk.ts';
import type { Keyring, KeyringContext, Probe } from '../keyring/contract.ts';
import {
  createProbeKey,
  isStaleProbe,
  note,
  ok,
  problem,
  warning,
  type Finding,
} from '../keyring/inspection.ts';
import { lookForAgent } from '../keyring/agents.ts';
import { inspectorOf } from '../keyring/registry.ts';

export interface Subject {
  /** Prompts for its password if the caller allowed that. */
  readonly keyring: Keyring;
  readonly context: KeyringContext;
}

/** Callbacks for the entries. */
export interface EntryVisitor {
  /** Called with every entry that can be decrypted. */
  onEntry(key: string, value: string): void;
  /**
   * Whether an entry that cannot be decrypted is a problem: an entry of another program may have
   * another password.
   */
  isOwn(key: string): boolean;
}

/** The typical size of a session. */
const usualBytes = 2 * 1024;
/** The size that every type of keyring supports. */
const largeBytes = 64 * 1024;

/**
 * Tries a keyring: a probe entry is written, read, listed and deleted, every entry is opened, and
 * the runtime environment is checked. Existing entries are not changed, and no keyring is created.
 *
 * @throws ERR_CANCELLED, and errors that are not about the keyring
 */
export async function examineKeyring(subject: Subject, visitor: EntryVisitor): Promise<Finding[]> {
  const own = await examineItself(subject, visitor);
  const seen = await examineOutside(subject);
  // The outside check finds a damaged file, and opening its entry finds it again.
  const told = new Set(seen.map(({ message }) => message));
  return [...own.filter(({ message }) => !told.has(message)), ...seen];
}

async function examineItself(subject: Subject, visitor: EntryVisitor): Promise<Finding[]> {
  const probe = await subject.keyring.probe().catch((error: unknown) => ofError('state', error));
  if ('id' in probe) return [probe];
  if (probe.state === 'unavailable') return [await whyUnavailable(subject, probe)];
  return (await isMade(subject)) ? tryOut(subject, visitor) : [await ofNone(subject, probe)];
}

/** Whether the keyring exists, so that a write would not create it. */
export async function isMade({ keyring, context }: Subject): Promise<boolean> {
  const inspector = await inspectorOf(context, keyring.info.type);
  return inspector?.describe().isMade ?? true;
}

/** Uses the error of reading or writing: unlike a probe, it has hints that fix the problem. */
async function whyUnavailable({ keyring, context }: Subject, { reason }: Probe): Promise<Finding> {
  try {
    await keyring.keys();
    await sendRound(keyring, context.host.now(), usualBytes, 'state');
  } catch (error) {
    return ofError('state', error);
  }
  return problem(
    'state',
    `the keyring cannot be used: ${reason ?? 'the reason is unknown'}`,
    run(['atmos', 'auth', 'keyring', 'status']),
  );
}

async function ofNone({ keyring, context }: Subject, { state, reason }: Probe): Promise<Finding> {
  const none = `no keyring exists at ${keyring.info.location} yet: the first write creates it, so it was not tested`;
  if (state === 'ready') return ok('state', none);
  const agent = await lookForAgent(context, keyring.info.type);
  const canUnlock = agent !== undefined && agent.kind !== 'impossible' && agent.kind !== 'off';
  return warning('state', `${none}; ${reason ?? state}`, ...unlockHints(canUnlock));
}

async function tryOut(subject: Subject, visitor: EntryVisitor): Promise<Finding[]> {
  const { keyring } = subject;
  const { host } = subject.context;
  const findings: Finding[] = [];
  const failures: AtmosError[] = [];
  const attempt = async (id: string, examinePart: () => Promise<Finding[]>) => {
    // A keyring that cannot be opened would report the same for each part.
    if (failures.some((error) => !isEntryError(error) && !isUntrusted(error))) return;
    try {
      findings.push(...(await examinePart()));
    } catch (error) {
      findings.push(ofError(id, error));
      if (isAtmosError(error)) failures.push(error);
    }
  };
  await attempt('round-trip', async () => [
    await sendRound(keyring, host.now(), usualBytes, 'round-trip'),
  ]);
  if (failures.length === 0) {
    await attempt('size-limit', async () => [
      await sendRound(keyring, host.now(), largeBytes, 'size-limit'),
    ]);
  }
  await attempt('entries', () => openEntries(keyring, host.now(), visitor));
  return findings;
}

/** Writes, reads and lists one entry, and always deletes it. */
async function sendRound(keyring: Keyring, now: Date, bytes: number, id: string): Promise<Finding> {
  const key = createProbeKey(now);
  const value = randomBytes(bytes / 2).toString('hex');
  try {
    await keyring.set(key, value);
    const isGiven = (await keyring.get(key)) === value;
    const isListed = (await keyring.keys()).includes(key);
    const isDeleted = (await keyring.delete(key)) && (await keyring.get(key)) === null;
    const faults = [
      ...(isGiven ? [] : ['reading an entry returned another value than was stored']),
      ...(isListed ? [] : ['an existing entry was not listed']),
      ...(isDeleted ? [] : [`an existing entry was not deleted (${key})`]),
    ];
    if (faults.length > 0)
      return problem(id, faults.join('; '), run(['atmos', 'auth', 'keyring', 'status']));
    return ok(id, `an entry of ${bytes / 1024} KiB was stored, read, listed and deleted`);
  } catch (error) {
    if (isEntryError(error)) await removeProbe(keyring, key);
    throw error;
  }
}

async function removeProbe(keyring: Keyring, key: string): Promise<void> {
  try {
    await keyring.delete(key);
  } catch (error) {
    // The first error is reported; the next run of doctor removes a remaining probe.
    if (!(error instanceof KeyringError)) throw error;
  }
}

async function openEntries(keyring: Keyring, now: Date, visitor: EntryVisitor): Promise<Finding[]> {
  const faults: Finding[] = [];
  const others: string[] = [];
  let opened = 0;
  for await (const { key, read } of readEach(keyring)) {
    if (isStaleProbe(key, now)) {
      await keyring.delete(key);
      continue;
    }
    try {
      const value = await read();
      if (value === null) continue;
      opened++;
      visitor.onEntry(key, value);
    } catch (error) {
      if (!isEntryError(error)) throw error;
      if (visitor.isOwn(key)) faults.push({ ...ofError('entries', error), key });
      else others.push(key);
    }
  }
  const entries =
    faults.length > 0
      ? faults
      : [ok('entries', `read ${countOf(opened, 'entry', 'entries')} without an error`)];
  return [...entries, ...ofUnreadable(others)];
}

/** Entries of other programs may have their own passwords. */
function ofUnreadable(keys: readonly string[]): Finding[] {
  if (keys.length === 0) return [];
  return [
    note(
      'other-entries',
      `entries of other programs that are not readable with this password: ${listNames(keys)}`,
    ),
  ];
}

/** What can be seen of a keyring without opening it. */
export async function examineOutside(subject: Subject): Promise<Finding[]> {
  return [...(await lookAround(subject)), ...(await examineAgent(subject))];
}

async function lookAround({ keyring, context }: Subject): Promise<Finding[]> {
  try {
    return (await (await inspectorOf(context, keyring.info.type))?.examine()) ?? [];
  } catch (error) {
    return [ofError('surroundings', error)];
  }
}

async function examineAgent({ keyring, context }: Subject): Promise<Finding[]> {
  const agent = await lookForAgent(context, keyring.info.type);
  switch (agent?.kind) {
    case undefined:
      return [];
    case 'unlocked':
      return [
        {
          ...ok(
            'agent',
            `an agent keeps the keyring unlocked until ${formatTimestamp(agent.expiresAt)}`,
          ),
          shown: `an agent keeps the keyring unlocked until ${formatMoment(agent.expiresAt, context.host)}`,
        },
      ];
    case 'none':
      return [
        ok('agent', 'no agent keeps the keyring unlocked: atmos auth keyring unlock starts one'),
      ];
    case 'impossible':
      return [ok('agent', 'the unlock agent is not available on this system')];
    case 'off':
      return [ok('agent', 'the agent is disabled by ATMOS_KEYRING_AGENT')];
    case 'unusable':
      return [
        warning(
          'agent',
          `the agent of the keyring cannot be used: ${agent.reason}`,
          run(['atmos', 'auth', 'keyring', 'lock']),
        ),
      ];
  }
}

function ofError(id: string, error: unknown): Finding {
  if (error instanceof KeyringError || isUntrusted(error))
    return problem(id, error.message, ...error.hintValues);
  throw error;
}

/** Whether storing needs trust. Entries can still be read. */
function isUntrusted(error: unknown): error is AtmosError {
  return isAtmosError(error, 'ERR_CONFIG_UNTRUSTED');
}
