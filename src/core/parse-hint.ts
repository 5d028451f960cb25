import type { Argument, Hint } from './hint.ts';
import { isObject } from './json.ts';
import { isPrintable } from './printable.ts';

const maxHints = 32;
const maxWords = 64;
const maxTextLength = 8192;

/**
 * The hints that {@link parseHints} accepts in the other process. A hint with an unprintable file
 * name is not accepted.
 */
export function sendableHints(hints: readonly Hint[]): Hint[] {
  return hints.filter((hint) => parseHint(hint) !== undefined).slice(0, maxHints);
}

/**
 * Parses hints that another process sent or wrote. Accepts only the exact JSON form that {@link
 * sendableHints} produces.
 *
 * @returns undefined for anything else
 */
export function parseHints(value: unknown): Hint[] | undefined {
  if (!Array.isArray(value) || value.length > maxHints) return undefined;
  const hints = value.map(parseHint);
  return hints.every((hint) => hint !== undefined) ? hints : undefined;
}

function parseHint(value: unknown): Hint | undefined {
  if (!isObject(value)) return undefined;
  const { kind, comment } = value;
  if (comment !== undefined && !isText(comment)) return undefined;
  const commented = comment === undefined ? {} : { comment };
  switch (kind) {
    case 'run':
    case 'evaluate': {
      const command = parseWords(value['command']);
      return command && { kind, command, ...commented };
    }
    case 'add': {
      const options = parseWords(value['options']);
      return options && { kind, options, ...commented };
    }
    case 'set': {
      const { variable, value: given } = value;
      const parsed = parseValue(given);
      if (!isVariable(variable) || parsed === undefined) return undefined;
      return { kind, variable, value: parsed, ...commented };
    }
    case 'unset': {
      const { variables } = value;
      const isList = Array.isArray(variables) && variables.length <= maxWords;
      return isList && variables.every(isVariable) ? { kind, variables } : undefined;
    }
    case 'edit': {
      const { position, text } = value;
      return isText(position) && isText(text) ? { kind, position, text } : undefined;
    }
    case 'say':
      return isText(value['text']) ? { kind, text: value['text'] } : undefined;
    default:
      return undefined;
  }
}

function parseWords(value: unknown): Argument[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxWords) return undefined;
  const words = value.map(parseWord);
  return words.every((word) => word !== undefined) ? words : undefined;
}

function parseWord(value: unknown): Argument | undefined {
  if (isText(value)) return value;
  if (!isObject(value)) return undefined;
  if (value['home'] === true) return { home: true };
  const { placeholder } = value;
  return isText(placeholder) && /^[\w ,.'-]+$/.test(placeholder) ? { placeholder } : undefined;
}

function parseValue(value: unknown): Extract<Hint, { kind: 'set' }>['value'] | undefined {
  if (isObject(value) && value['random'] === true) return { random: true };
  if (isObject(value) && value['typed'] === true) return { typed: true };
  return parseWord(value);
}

function isVariable(value: unknown): value is string {
  return isText(value) && /^[A-Za-z_]\w*$/.test(value);
}

/** Hints from other processes must not contain deceptive characters: see {@link sendableHints}. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxTextLength && isPrintable(value);
}
