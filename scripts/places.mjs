/**
 * A pattern for dependency-cruiser that matches the named files.
 *
 * @param {...string} names patterns of paths below src/: `core/`, `main[.]ts$`
 */
export function inPlace(...names) {
  return `^src/(${names.join('|')})`;
}
