/**
 * A pattern of the files named, for dependency-cruiser.
 *
 * @param {...string} names patterns of paths below src/: `core/`, `main[.]ts$`
 */
export function inPlace(...names) {
  return `^src/(${names.join('|')})`;
}
