import type { Argument, Arguments, Hint } from './hint.ts';
import { isPrintable } from './printable.ts';
import { fishWord, posixWord } from './shell-word.ts';

/**
 * How one shell writes the parts of a hint. A function returns undefined if the shell cannot
 * express its part.
 */
export interface ShellSyntax {
  /** An argument of a program as one word. */
  argument(text: string): string | undefined;
  /** The value of a variable. */
  value(text: string): string | undefined;
  readonly home: string;
  /** An expression for a random value. */
  readonly random: string;
  set(variable: string, value: string): string;
  /** Prompts for the value without showing it. */
  ask(variable: string): string;
  unset(variables: readonly string[]): string;
  /** Runs the output of a command. */
  evaluate(command: string): string | undefined;
  /** A command that differs from its form in a POSIX shell. Absent if no command differs. */
  command?(command: Arguments): string | undefined;
}

/**
 * Formats a hint as one line: a comment, then the command, which can be copied up to the end of the
 * line. If the shell cannot express an argument, the line describes the command in prose and shows
 * the argument as a JSON string.
 */
export function formatHint(hint: Hint, shell: ShellSyntax): string {
  switch (hint.kind) {
    case 'run':
      return withComment(hint, formatCommand(hint.command, shell));
    case 'evaluate': {
      const words = joinWords(hint.command, shell);
      const line = words === undefined ? undefined : shell.evaluate(words);
      return withComment(hint, line ?? inWords(hint.command));
    }
    case 'add': {
      const words = joinWords(hint.options, shell);
      return withComment(hint, words === undefined ? inWords(hint.options) : `add ${words}`);
    }
    case 'set':
      return withComment(hint, formatSet(hint, shell));
    case 'unset':
      return shell.unset(hint.variables);
    case 'edit':
      return `${hint.text} (${hint.position})`;
    case 'say':
      return hint.text;
  }
}

function withComment({ comment }: { comment?: string }, line: string): string {
  return comment === undefined ? line : `${comment}: ${line}`;
}

function formatCommand(command: Arguments, shell: ShellSyntax): string {
  const line = shell.command ? shell.command(command) : joinWords(command, shell);
  return command.every(canBeShown) && line !== undefined ? line : inWords(command);
}

function formatSet(
  { variable, value }: Extract<Hint, { kind: 'set' }>,
  shell: ShellSyntax,
): string {
  if (typeof value !== 'string') {
    if ('typed' in value) return shell.ask(variable);
    const text = 'random' in value ? shell.random : textOf(value, shell);
    return shell.set(variable, text);
  }
  const text = canBeShown(value) ? shell.value(value) : undefined;
  return text === undefined
    ? `set the variable ${variable} to ${JSON.stringify(value)}`
    : shell.set(variable, text);
}

/** Formats the words of a command for the shell. Undefined if the shell cannot express one of them. */
export function joinWords(words: Arguments, shell: ShellSyntax): string | undefined {
  const written = words.map((word) => {
    if (typeof word !== 'string') return textOf(word, shell);
    return canBeShown(word) ? shell.argument(word) : undefined;
  });
  return areAll(written) ? written.join(' ') : undefined;
}

function textOf(word: Exclude<Argument, string>, { home }: Pick<ShellSyntax, 'home'>): string {
  return 'home' in word ? home : `<${word.placeholder}>`;
}

/** The printer would replace deceptive characters by escapes, which would change the command. */
function canBeShown(word: Argument): boolean {
  return typeof word !== 'string' || isPrintable(word);
}

function inWords(words: Arguments): string {
  const shown = words.map((word) => {
    if (typeof word !== 'string') return textOf(word, posixSyntax);
    return /^[\w./:@+=-]+$/.test(word) ? word : JSON.stringify(word);
  });
  return `with its arguments quoted for your shell, ${shown.join(' ')}`;
}

function areAll(texts: readonly (string | undefined)[]): texts is readonly string[] {
  return !texts.includes(undefined);
}

/** sh, bash, dash, zsh. */
export const posixSyntax: ShellSyntax = {
  argument: posixWord,
  value: posixWord,
  home: '~/',
  random: '"$(openssl rand -base64 24)"',
  set: (variable, value) => `export ${variable}=${value}`,
  ask: (variable) => `read -rs ${variable} && export ${variable}`,
  evaluate: (command) => `eval "$(${command})"`,
  unset: (variables) => `unset ${variables.join(' ')}`,
};

export const fishSyntax: ShellSyntax = {
  argument: fishWord,
  value: fishWord,
  home: '~/',
  random: '(openssl rand -base64 24)',
  set: (variable, value) => `set -gx ${variable} ${value}`,
  ask: (variable) => `read -gxs ${variable}`,
  evaluate: (command) => `${command} --format fish | source`,
  unset: (variables) => `set -e ${variables.join(' ')}`,
};
