/**
 * Lower-cases as Go's `strings.ToLower` does: each code point by its simple mapping, so the length
 * in code points stays. JavaScript's own `toLowerCase` maps `İ` to two and a final `Σ` to `ς`.
 */
export function lowerCase(text: string): string {
  return Array.from(text, (char) => (char === 'İ' ? 'i' : char.toLowerCase())).join('');
}

/**
 * What all spellings of one name have in common: names are matched without regard to case and to the
 * Unicode normal form. `é` is one character on most keyboards and two in what macOS makes of a file's
 * name, and looks the same. Only for comparing: what is stored keeps the characters of the
 * configuration, as in Atmos, which does not normalize.
 */
export function foldName(name: string): string {
  return lowerCase(name.normalize('NFC'));
}

/** Whether two spellings are one name: see {@link foldName}. */
export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other);
}

/** Whether `-i` and ATMOS_IDENTITY mean by it that there is no authentication, as in Atmos. */
export function isOffName(name: string): boolean {
  return /^(false|off|no|0)$/i.test(name);
}

/** The known name that `name` was probably meant to be, or undefined when none is near. */
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

/** Edit distance in which two neighbours that are swapped count as one slip, a row at a time. */
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
