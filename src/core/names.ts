/**
 * Lower-cases as Go's `strings.ToLower` does: each code point by its simple mapping, so the length
 * in code points stays. JavaScript's own `toLowerCase` maps `İ` to two and a final `Σ` to `ς`.
 */
export function lowerCase(text: string): string {
  return Array.from(text, (char) => (char === 'İ' ? 'i' : char.toLowerCase())).join('');
}

/** The known name that `name` was probably meant to be, or undefined when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = lowerCase(name);
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, lowerCase(candidate));
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replace = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
