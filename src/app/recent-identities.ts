import { dirname, join } from 'node:path';
import { parseJson } from '../core/json.ts';
import { sha256 } from '../core/sha256.ts';
import { requireStateDirectory } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { makeOwnDirectories } from '../host/own-directory.ts';
import { readOwnText, writeOwnText } from '../host/own-text.ts';
import type { Picker, PickerQuestion } from './identity-request.ts';

/** How many names are remembered for a realm. */
const maxNames = 20;
const maxBytes = 64 * 1024;

/**
 * Lets the user pick an identity, with those first that were picked last in the same realm. Their names
 * are kept in the state directory; if that is not possible, the order is that of the configuration.
 */
export async function pickRecentFirst(
  question: PickerQuestion,
  { realm, host, select }: Picker & { readonly realm: string; readonly host: Host },
): Promise<string> {
  const recent = readNames(realm, host);
  const first = recent.filter((name) => question.choices.includes(name));
  const others = question.choices.filter((name) => !first.includes(name));
  const picked = await select({ ...question, choices: [...first, ...others] });
  const names = [picked, ...recent.filter((name) => name !== picked)];
  writeNames(names.slice(0, maxNames), realm, host);
  return picked;
}

function readNames(realm: string, host: Host): string[] {
  try {
    const names = parseJson(readOwnText(recordPath(realm, host), maxBytes, host) ?? '');
    if (!Array.isArray(names)) return [];
    return names.filter((name) => typeof name === 'string').slice(0, maxNames);
  } catch {
    return [];
  }
}

function writeNames(names: readonly string[], realm: string, host: Host): void {
  try {
    const path = recordPath(realm, host);
    makeOwnDirectories(dirname(path), host);
    writeOwnText(path, JSON.stringify(names), host);
  } catch {
    // Only the order of the next list depends on it.
    return;
  }
}

function recordPath(realm: string, host: Host): string {
  const name = sha256(realm).slice(0, 32);
  return join(requireStateDirectory('the last picked identities', host), 'recent', `${name}.json`);
}
