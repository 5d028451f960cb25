import { logoutCommand, optionWithValue } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { ok, problem, type Finding } from '../keyring/inspection.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import { itemKey, parseItemKey, type ItemKind } from './key.ts';

/** What one of our entries says of itself. Nothing in it is secret. */
export interface ReadEntry {
  readonly key: string;
  /** Null where neither the entry nor its name tells. */
  readonly realm: string | null;
  readonly alias: string;
  readonly item: ItemKind;
  readonly savedAt?: Date;
  readonly clockOffsetMs?: number;
  /** What is wrong with it. */
  readonly fault?: string;
  /** Whether it says to be another one than its name does. */
  readonly isForeign: boolean;
}

/** Undefined for an entry of another program. */
export function readEntry(key: string, value: string, realm: string): ReadEntry | undefined {
  const named = parseItemKey(key, realm);
  if (named === undefined) return undefined;
  const envelope = parseEnvelope(value);
  const owner = {
    realm: envelope.realm ?? named.realm,
    alias: envelope.alias ?? named.alias,
    item: envelope.item ?? named.item,
  };
  const isForeign =
    envelope.realm !== undefined &&
    envelope.alias !== undefined &&
    itemKey({ realm: envelope.realm, alias: envelope.alias }, owner.item) !== key;
  if (!('fault' in envelope)) return { key, ...owner, isForeign, ...notesOf(envelope) };
  return { key, ...owner, isForeign, ...(isOfAtmos(value) ? {} : { fault: envelope.fault }) };
}

function notesOf({ savedAt, clockOffsetMs }: Envelope) {
  return { ...(savedAt && { savedAt }), ...(clockOffsetMs !== undefined && { clockOffsetMs }) };
}

/** An envelope of a type that Atmos knows and we do not. */
function isOfAtmos(value: string): boolean {
  const envelope = parseJson(value);
  if (!isObject(envelope)) return false;
  const { type, data } = envelope;
  return typeof type === 'string' && type !== 'aws' && isObject(data);
}

/** Whether each entry is what its name says, and of use. */
export function examineContents(entries: readonly ReadEntry[]): Finding[] {
  const findings = entries.flatMap((entry) => faultsOf(entry));
  if (findings.length > 0) return findings;
  return [ok('contents', 'every entry of ours is what its name says')];
}

function faultsOf(entry: ReadEntry): Finding[] {
  const { key, realm, alias, item, fault } = entry;
  if (entry.isForeign) {
    const says = `the ${item} of identity ${alias} of realm ${realm ?? '?'}`;
    return [
      {
        ...problem(
          'contents',
          `the entry ${key} says that it is ${says}: it was renamed, or two share the name`,
          'set auth.realm to a name of its own, so that no two identities share a key',
        ),
        key,
      },
    ];
  }
  if (fault === undefined) return [];
  const command = logoutCommand(alias, item === 'key');
  return [
    {
      ...problem(
        'contents',
        `the entry ${key} cannot be used: ${fault}`,
        `${command}   # removes it`,
      ),
      key,
    },
  ];
}

/** How to write an entry anew, so that no other is left under its name. */
export function rewritingOf(key: string, realm: string): string | undefined {
  const named = parseItemKey(key, realm);
  if (named === undefined) return undefined;
  const identity = optionWithValue('-i', named.alias);
  const command =
    named.item === 'key' ? `auth user configure ${identity}` : `auth login --force ${identity}`;
  return `atmos ${command}   # a write leaves one entry`;
}
