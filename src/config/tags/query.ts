/** A key of a map, or a place in a list. */
export type QueryStep = string | number;

/**
 * The steps of a path as yq writes it: `.a.b[0]`, `."a b"`, `.["a b"]`; `.` alone has none. Undefined
 * for anything else of yq, of which no more is understood.
 */
export function parseQuery(query: string): QueryStep[] | undefined {
  if (query === '.') return [];
  if (!query.startsWith('.')) return undefined;
  const pattern = /\.([\p{L}_][\p{L}\p{N}_-]*)|\.?\[(\d{1,9})\]|\."([^"\\]*)"|\.?\["([^"\\]*)"\]/uy;
  const steps: QueryStep[] = [];
  while (pattern.lastIndex < query.length) {
    const match = pattern.exec(query);
    if (match === null) return undefined;
    const [, name, index, quoted, bracketed] = match;
    steps.push(index === undefined ? (name ?? quoted ?? bracketed ?? '') : Number(index));
  }
  return steps;
}
