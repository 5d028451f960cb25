/**
 * A number of things, for a message: `1 entry`, `3 entries`.
 *
 * @param many default: `one` with an s
 */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
