// The file with the list of the identities that a provider offers: its path and its form. src/app/provision.ts
// writes it.

import { dirname, join } from 'node:path';
import { systemErrorCode } from '../core/errors.ts';
import { removeDirectory } from '../core/hint.ts';
import { isObject, parseJson } from '../core/json.ts';
import { foldName } from '../core/names.ts';
import {
  isProvisionedName,
  maxListBytes,
  type ProvisionedGroup,
  type ProvisionedIdentity,
  type ProvisionedList,
  type ProvisionedSource,
} from '../core/provisioned.ts';
import { sha256 } from '../core/sha256.ts';
import { parseTimestamp } from '../core/time.ts';
import { reasonOf } from '../host/denial.ts';
import { stateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { followOwnPath } from '../host/own-path.ts';
import { describeFault, faultHint } from '../host/path-fault.ts';
import { permissionCheckFor } from '../host/permissions.ts';
import { irregularKind, linkStatOf, readFile } from '../host/read-files.ts';
import { valueAt } from './config-file.ts';

export type Where = Pick<Host, 'env' | 'platform' | 'homeDirectory' | 'userId'>;

export interface ProviderSettings {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Why a list is not used, and what helps. */
type ListFault = Required<Pick<ProvisionedSource, 'fault'>> & Pick<ProvisionedSource, 'remedy'>;

/** Whether the provider asks for it. A tag gives text. */
export function listsIdentities(settings: Readonly<Record<string, unknown>>): boolean {
  return String(settings['auto_provision_identities']) === 'true';
}

/**
 * The file of a provider: one for each name and each place at which a person signs in. Realms share it,
 * as they share the token.
 */
export function provisionedPath(
  { name, settings }: ProviderSettings,
  host: Where,
): string | undefined {
  const directory = stateDirectory(host);
  if (directory === undefined) return undefined;
  const id = sha256(JSON.stringify(Object.values(placeOf({ name, settings })))).slice(0, 32);
  return join(directory, 'provisioned', `${id}.json`);
}

/** Whose list it is. */
function placeOf({ name, settings }: ProviderSettings): Readonly<Record<string, unknown>> {
  return {
    provider: foldName(name),
    start_url: settings['start_url'] ?? null,
    region: settings['region'] ?? null,
    session: valueAt(settings, ['spec', 'session']) ?? null,
  };
}

/** Reads the list of a provider. Never throws. */
export function readProvisioned(provider: ProviderSettings, host: Where): ProvisionedSource {
  const path = provisionedPath(provider, host);
  if (path === undefined) return { provider: provider.name };
  const known = { provider: provider.name, path };
  try {
    const found = readOwnText(path, host);
    if (found === undefined) return known;
    if ('fault' in found) return { ...known, ...found };
    const list = parseProvisioned(found.text, provider);
    return typeof list === 'string' ? { ...known, fault: list } : { ...known, list };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    return { ...known, fault: `cannot be read: ${reasonOf(code, path)}` };
  }
}

/** @throws the system's error */
function readOwnText(
  path: string,
  { userId }: Where,
): { readonly text: string } | ListFault | undefined {
  const found = linkStatOf(path);
  if (found === undefined) return undefined;
  if (found.isDirectory()) return { fault: 'is a directory', remedy: removeDirectory(path) };
  if (found.isSymbolicLink()) return { fault: 'is a symbolic link' };
  const { stats, bytes } = readFile(path, { followsLinks: false, maxBytes: maxListBytes });
  const kind = irregularKind(stats);
  if (kind !== undefined) return { fault: `is ${kind}` };
  const permissions = permissionCheckFor(userId).permissionsOf(path, stats);
  if (permissions?.isOurs !== true) {
    return { fault: `belongs to ${permissions?.owner ?? 'another user'}` };
  }
  if (permissions.outsiders.write) {
    return { fault: `can be changed by other users (${permissions.openness})` };
  }
  const fault = directoryFault(path, userId);
  if (fault !== undefined) return fault;
  if (bytes === undefined) return { fault: `is larger than ${maxListBytes / 1024 / 1024} MiB` };
  return { text: bytes.toString('utf8') };
}

/** Why other users could replace the file of a list: by a directory on its path. */
export function directoryFault(path: string, userId: number | undefined): ListFault | undefined {
  let found: ListFault | undefined;
  try {
    followOwnPath(dirname(path), userId, 'directory', (part) => {
      const fault = `is below ${part.at}, which ${describeFault(part)}`;
      found = { fault, remedy: faultHint(part) };
      throw new Error(fault);
    });
  } catch (error) {
    if (found === undefined) throw error;
  }
  return found;
}

const fileVersion = 2;
const wasChanged = 'was cut short or changed after it was written';

/**
 * The text of the file, which {@link parseProvisioned} reads: a line about the list, then whose it is, and
 * the list.
 */
export function formatProvisioned(list: ProvisionedList, provider: ProviderSettings): string {
  const body = JSON.stringify({ of: placeOf(provider), list });
  const head = { version: fileVersion, length: body.length, checksum: checksumOf(body) };
  return `${JSON.stringify(head)}\n${body}\n`;
}

/** @returns the list, or why the text is not a list. Completes a message after the path of the file */
export function parseProvisioned(
  text: string,
  provider: ProviderSettings,
): ProvisionedList | string {
  const [line = '', body = ''] = text.split('\n', 2);
  const head = parseJson(line);
  if (!isObject(head)) return wasChanged;
  const { version, length, checksum } = head;
  if (typeof version === 'number' && version > fileVersion) {
    return 'was written by a newer version of atmos-auth';
  }
  const isWhole =
    version === fileVersion && length === body.length && checksum === checksumOf(body);
  const content = isWhole ? parseJson(body) : undefined;
  if (!isObject(content) || !isList(content['list'])) return wasChanged;
  const isOurs = JSON.stringify(content['of']) === JSON.stringify(placeOf(provider));
  return isOurs ? content['list'] : 'is the list of another provider or portal';
}

/**
 * FNV-1a with 32 bits. It finds what happens to a file by accident or in an editor; SHA-256 of a large list
 * takes longer than everything else that a command does with it.
 */
function checksumOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

function isList(value: unknown): value is ProvisionedList {
  if (!isObject(value)) return false;
  const { kind, startedAt, signIn, isComplete, groups } = value;
  return (
    isText(kind) &&
    isTime(startedAt) &&
    (signIn === undefined || isText(signIn)) &&
    typeof isComplete === 'boolean' &&
    Array.isArray(groups) &&
    groups.every((group) => isGroup(group, startedAt))
  );
}

function isGroup(value: unknown, startedAt: unknown): value is ProvisionedGroup {
  if (!isObject(value)) return false;
  const { id, label, word, listing, identities } = value;
  return (
    isText(id) &&
    (label === undefined || isText(label)) &&
    isText(word) &&
    // Most accounts were listed in the listing that has made the file.
    (listing === undefined || listing === startedAt || isTime(listing)) &&
    Array.isArray(identities) &&
    identities.every(isIdentity)
  );
}

function isIdentity(value: unknown): value is ProvisionedIdentity {
  if (!isObject(value)) return false;
  const { name, principal } = value;
  return isText(name) && isProvisionedName(name) && isObject(principal);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): boolean {
  return isText(value) && parseTimestamp(value) !== undefined;
}
