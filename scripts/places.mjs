// Where the files of src/ count for the rules. Until a file is moved, that is the place that moves.txt
// gives it.
import { existsSync, readFileSync } from 'node:fs';

const moves = readMoves(new URL('moves.txt', import.meta.url));

/**
 * A pattern of all files that count as those named, for dependency-cruiser.
 *
 * @param {...string} names patterns of paths below src/: `core/`, `main[.]ts$`
 */
export function inPlace(...names) {
  const pattern = new RegExp(`^src/(${names.join('|')})`);
  const incoming = [...moves].flatMap(([from, to]) => (pattern.test(to) ? [from] : []));
  const outgoing = [...moves].flatMap(([from, to]) =>
    pattern.test(from) && !pattern.test(to) ? [from] : [],
  );
  const exact = (/** @type {string[]} */ files) =>
    files.map((file) => `${file.slice(4, -3)}[.]ts$`);
  const except = outgoing.length > 0 ? `(?!(${exact(outgoing).join('|')}))` : '';
  return `^src/${except}(${[...names, ...exact(incoming)].join('|')})`;
}

/**
 * The path that a file will have, or has.
 *
 * @param {string} file
 */
export function placeOf(file) {
  return moves.get(file) ?? file;
}

/** @param {URL} url */
function readMoves(url) {
  /** @type {Map<string, string>} */
  const places = new Map();
  if (!existsSync(url)) return places;
  for (const line of readFileSync(url, 'utf8').split('\n')) {
    const [to = '', from = ''] = line.replace(/#.*/, '').split('<-');
    for (const old of from.trim().split(/\s+/).filter(Boolean)) {
      if (old !== to.trim()) places.set(`src/${old}.ts`, `src/${to.trim()}.ts`);
    }
  }
  return places;
}
