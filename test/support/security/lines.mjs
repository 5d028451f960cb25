// How `security -i` reads commands: lines into a buffer of 4,096 bytes, and words with its own
// automaton. Bytes are latin1 throughout.

const bufferBytes = 4096;
const maxWords = 32;

/**
 * The lines of an input. A line that fills the buffer ends there, and the rest of it is the next
 * line. A line without a newline at the end of the input is not read.
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
 * The words of a line. A backslash escapes the next byte, inside and outside of quotes. Either
 * quote begins a quoted word, and the same quote ends the word, whatever follows it. A quote inside
 * a word that began without one is an ordinary byte.
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
