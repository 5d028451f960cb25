// The needed part of BSD getopt(3): several options in one word, arguments in the same word or the
// next, whatever it looks like.

/**
 * @param {readonly string[]} words without the command
 * @param {string} form letters, each followed by a colon if it takes an argument
 * @returns {{ options: Map<string, string[]>, rest: string[], fault?: string }} fault: the letter
 * that
 *   is unknown or has no argument
 */
export function parseOptions(words, form) {
  /** @type {Map<string, string[]>} */
  const options = new Map();
  let index = 0;
  for (; index < words.length; index++) {
    let word = words[index] ?? '';
    if (word === '--') {
      index++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    for (word = word.slice(1); word !== '';) {
      const letter = word.charAt(0);
      const known = letter === ':' ? -1 : form.indexOf(letter);
      if (known === -1) return { options, rest: [], fault: letter };
      word = word.slice(1);
      let argument = '';
      if (form.charAt(known + 1) === ':') {
        if (word === '') index++;
        const taken = word === '' ? words[index] : word;
        if (taken === undefined) return { options, rest: [], fault: letter };
        argument = taken;
        word = '';
      }
      options.set(letter, [...(options.get(letter) ?? []), argument]);
    }
  }
  return { options, rest: words.slice(index) };
}
