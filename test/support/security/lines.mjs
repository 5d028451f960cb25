// How `security -i` reads commands: lines into a buffer of 4,096 bytes, and words by an automaton of
// its own. Bytes are latin1 throughout.

const bufferBytes = 4096;
const maxWords = 32;

/**
 * The lines of an input. One that fills the buffer ends there, and what follows it is the next one; one
 * without a newline at the end of the input is not read at all.
 *
 * @param {string} input
 */
export function readLines(input) {
  /** @type {string[]} */
  const lines = [];
  let line = '';
  for (const byte of input) {
    if (byte === '\n') {
      lines.push(line);
      line = '';
      continue;
    }
    line += byte;
    if (line.length === bufferBytes - 1) {
      lines.push(line);
      line = '';
    }
  }
  return lines;
}

/**
 * The words of a line. A backslash takes the byte after it as it is, within quotes and without. Either
 * quote begins a quoted word, and the same one ends the word, whatever follows it. A quote within a word
 * that began without one is a byte like any other.
 *
 * @param {string} line
 */
export function splitWords(line) {
  /** @type {string[]} */
  const words = [];
  /** @type {string | undefined} */
  let word;
  let quote = '';
  let isEscaped = false;
  for (const byte of line) {
    if (byte === '\0' || words.length === maxWords) break;
    if (word === undefined) {
      if (isSpace(byte)) continue;
      quote = byte === '"' || byte === "'" ? byte : '';
      word = '';
      if (quote !== '') continue;
    }
    if (isEscaped) {
      word += byte;
      isEscaped = false;
    } else if (byte === '\\') {
      isEscaped = true;
    } else if (quote === '' ? isSpace(byte) : byte === quote) {
      words.push(word);
      word = undefined;
    } else {
      word += byte;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** @param {string} byte */
function isSpace(byte) {
  return /^[ \t\n\v\f\r]$/.test(byte);
}
