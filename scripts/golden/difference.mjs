// The difference of two texts as a unified diff, without an external program.
const contextLines = 3;

/**
 * @typedef {{ mark: ' ' | '-' | '+', text: string }} Line
 */

/**
 * @param {string} name of the file
 * @param {string} before
 * @param {string} after
 * @returns {string} empty when they are equal
 */
export function formatDifference(name, before, after) {
  if (before === after) return '';
  const lines = compare(linesOf(before), linesOf(after));
  return `--- ${name} (stored)\n+++ ${name} (now)\n${formatHunks(lines)}`;
}

/** @param {string} text */
function linesOf(text) {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/**
 * Uses the longest common subsequence between the equal beginning and the equal end.
 *
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @returns {Line[]}
 */
function compare(before, after) {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const middle = compareAll(
    before.slice(head, before.length - tail),
    after.slice(head, after.length - tail),
  );
  return [
    ...before.slice(0, head).map(unchanged),
    ...middle,
    ...before.slice(before.length - tail).map(unchanged),
  ];
}

/**
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @returns {Line[]}
 */
function compareAll(before, after) {
  const width = after.length + 1;
  // The number of common lines from the position on.
  const common = new Uint32Array((before.length + 1) * width);
  const at = (/** @type {number} */ i, /** @type {number} */ j) => common[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      common[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  /** @type {Line[]} */
  const lines = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, young] = [before[i], after[j]];
    if (old !== undefined && old === young) {
      lines.push(unchanged(old));
      i += 1;
      j += 1;
    } else if (old !== undefined && (young === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: old });
      i += 1;
    } else if (young !== undefined) {
      lines.push({ mark: '+', text: young });
      j += 1;
    }
  }
  return lines;
}

/**
 * @param {string} text
 * @returns {Line}
 */
function unchanged(text) {
  return { mark: ' ', text };
}

/** @param {readonly Line[]} lines */
function formatHunks(lines) {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(isChanged),
  );
  let [oldLine, newLine, text] = [1, 1, ''];
  for (const [at, line] of lines.entries()) {
    if (isNear[at]) {
      if (!isNear[at - 1]) text += `@@ -${oldLine} +${newLine} @@\n`;
      text += `${line.mark}${line.text}\n`;
    }
    if (line.mark !== '+') oldLine += 1;
    if (line.mark !== '-') newLine += 1;
  }
  return text;
}

/** @param {Line} line */
function isChanged({ mark }) {
  return mark !== ' ';
}
