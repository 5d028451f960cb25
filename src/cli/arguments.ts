import { globalOptions } from './options.ts';

/** Splits a command line at its first `--`. What follows belongs to another program. */
export function splitAtDashes(args: readonly string[]): {
  own: readonly string[];
  program: readonly string[] | undefined;
} {
  const at = args.indexOf('--');
  return at === -1
    ? { own: args, program: undefined }
    : { own: args.slice(0, at), program: args.slice(at + 1) };
}

/**
 * The top-level command, when it is none of `ours`: another program's business. An option before it
 * that we do not know may take the next word as its value, so one word more is looked at for each.
 */
export function foreignCommand(
  args: readonly string[],
  ours: ReadonlySet<string>,
): string | undefined {
  let first: string | undefined;
  let wordsToTry = 1;
  const { own } = splitAtDashes(args);
  for (let i = 0; i < own.length && wordsToTry > 0; i++) {
    const word = own[i] ?? '';
    // As in reading: what looks like an option is no value.
    if (valueOptions.includes(word)) i += isValue(own[i + 1]) ? 1 : 0;
    else if (word.startsWith('-')) wordsToTry += mayTakeNextWord(word) ? 1 : 0;
    else if (ours.has(word)) return undefined;
    else if (word !== 'help') {
      first ??= word;
      wordsToTry--;
    }
  }
  return first;
}

const valueOptions = globalOptions
  .filter(({ value }) => value !== undefined)
  .flatMap(({ name, short }) => [`--${name}`, `-${short ?? name}`]);

function isValue(word: string | undefined): boolean {
  return word !== undefined && !(word.startsWith('-') && word.length > 1);
}

function mayTakeNextWord(option: string): boolean {
  const isKnown = globalOptions.some(
    ({ name, short }) =>
      option === `--${name}` ||
      option === `--no-${name}` ||
      (short !== undefined && option.startsWith(`-${short}`)),
  );
  return !isKnown && option !== '--version' && !option.includes('=');
}
