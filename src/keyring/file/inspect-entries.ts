import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listCommand, moveHomeCommand } from '../../core/hint.ts';
import type { Host } from '../../host/host.ts';
import { ok, problem, warning, type Finding } from '../inspection.ts';
import { listKeys } from './directory.ts';
import { entryName, keyOfEntry } from './entry-name.ts';
import { surveyEntries } from './survey.ts';
import { translating } from './system-error.ts';

const mostNamed = 5;

/** What each file is: an entry that could be opened, one that could not, or nothing of ours. */
export async function examineFiles(directory: string, host: Host): Promise<Finding[]> {
  const keys = listKeys(directory, host);
  // Owner, mode, kind, size and form: all that is seen without the password.
  const survey = await surveyEntries({ directory, host });
  const faults: Finding[] = keys.flatMap((key) => {
    const fault = survey.faults.get(key);
    return fault === undefined ? [] : { ...problem('files', fault.message, ...fault.hints), key };
  });
  const entries =
    faults.length > 0
      ? faults
      : [ok('files', `${keys.length} entries, all yours alone and of a form that can be read`)];
  return [
    ...entries,
    ...examineForeign(directory, host),
    ...examineConflicts(directory, keys, host),
  ];
}

function examineForeign(directory: string, { platform }: Host): Finding[] {
  const names = translating('list', directory, () =>
    readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }),
  )
    .filter(({ name }) => name.toString() !== '.state')
    .filter((entry) => entry.isDirectory() || !isName(entry.name, platform))
    .map(({ name }) => name.toString());
  if (names.length === 0) return [];
  return [
    warning(
      'foreign-files',
      `in ${directory} lies what no keyring put there: ${listed(names)}`,
      ...names.slice(0, mostNamed).map((name) => moveHomeCommand(join(directory, name))),
    ),
  ];
}

function isName(name: Buffer, platform: NodeJS.Platform): boolean {
  return isUtf8(name) && keyOfEntry(name.toString(), platform) !== undefined;
}

/** Names that a file system of another machine, where the keyring is copied to, takes for one. */
function examineConflicts(
  directory: string,
  keys: readonly string[],
  { platform }: Host,
): Finding[] {
  const alike = new Map<string, string[]>();
  for (const key of keys) {
    const folded = key.normalize('NFC').toLowerCase();
    alike.set(folded, [...(alike.get(folded) ?? []), key]);
  }
  return [...alike.values()]
    .filter((group) => group.length > 1)
    .map((group) =>
      warning(
        'conflicting-files',
        `${listed(group)} are one name where case does not count, and one of them would be lost there`,
        `${listCommand(group.map((key) => join(directory, entryName(key, platform))))}   # and move away the one that is not wanted`,
      ),
    );
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNamed;
  const shown = names.slice(0, mostNamed).map((name) => JSON.stringify(name));
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
