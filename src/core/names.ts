/**
 * Converts to lower case as Go's `strings.ToLower` does: code point by code point, so the number of
 * code points stays the same. JavaScript's `toLowerCase` maps `İ` to two code points and a final
 * `Σ` to `ς`.
 */
export function lowerCase(text: string): string {
  // As fast as it can be for most names, because a provider may offer thousands.
  if (isAscii(text)) return text.toLowerCase();
  return Array.from(text, (char) => (char === 'İ' ? 'i' : char.toLowerCase())).join('');
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/**
 * The form that all spellings of a name share: case and Unicode normalization are ignored. `é` is
 * one code point on most keyboards and two in file names of macOS, and looks the same. Use it only
 * for comparison: stored names keep the characters of the configuration, as in Atmos, which does
 * not normalize.
 */
export function foldName(name: string): string {
  return lowerCase(isAscii(name) ? name : name.normalize('NFC'));
}

/** Whether two spellings are one name: see {@link foldName}. */
export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other);
}

/** Whether this value of `-i` or ATMOS_IDENTITY turns authentication off, as in Atmos. */
export function isOffName(name: string): boolean {
  return /^(false|off|no|0)$/i.test(name);
}

/** `expected json`, `expected one of json, table` */
export function expectedNames(names: readonly string[]): string {
  return `expected ${names.length > 1 ? 'one of ' : ''}${someNames(names)}`;
}

/** More names would hide the rest of a message: a provider may offer thousands of identities. */
export const maxShownNames = 20;

/** Names for a message: `a, b`, of many the first ones: `a, b and 2050 more`. */
export function someNames(names: readonly string[]): string {
  const shown = names.slice(0, maxShownNames).join(', ');
  const more = names.length - maxShownNames;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** The known name that is most similar to `name`, or undefined if no name is similar. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = foldName(name);
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, foldName(candidate));
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Edit distance, computed row by row. Two swapped adjacent characters count as one edit. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const changed = Math.min(replaced, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row.push(isSwap ? Math.min(changed, (beforeLast[j - 2] ?? 0) + 1) : changed);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
