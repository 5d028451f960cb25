import type { IdentityWords } from '../app/choose-identity.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';

/** A command line, read. Options are keyed by their long names. */
export interface Invocation extends IdentityWords {
  readonly globals: GlobalOptions;
  /** The operand: `logout NAME`. Of several the first. */
  readonly operand: string | undefined;
  readonly operands: readonly string[];
  /** Options with a value. Never empty: an empty value is as good as none. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** Options without one: true, or false as `--no-name` or `--name=false`, undefined when absent. */
  readonly flags: Readonly<Record<string, boolean | undefined>>;
  /** What stands after `--`, when the command takes a program. */
  readonly program: readonly string[];
}

/** Runs a command; a number is the exit code, nothing is 0. */
export type Run = (context: Context, invocation: Invocation) => Promise<number | void>;

/** What a value or an operand is the name of, for completion. */
export type Completable = 'identity' | 'profile' | 'file' | 'directory';

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What its value is, or what it does: without a full stop. */
  readonly summary: string;
  /** What its value is called in the help. Without it the option is a flag. */
  readonly value?: string;
  readonly completes?: Completable;
  /** Whether the value may be left out: `-i`. */
  readonly isValueOptional?: boolean;
  readonly choices?: readonly string[];
  /** What applies without it, for the help alone: the command itself decides. */
  readonly default?: string;
  /** Whether the command fails without it, for the help alone. */
  readonly isRequired?: boolean;
  /** Whether it may be given several times with different values, which then all count. */
  readonly mayRepeat?: boolean;
  /** Other spellings, with their dashes: `-f`, `--format`. */
  readonly aliases?: readonly string[];
  /** The environment variable that says it where the command line does not. Empty: not set. */
  readonly environment?: string;
  /** How the help writes it, where that is not `--name`: `--no-color`. */
  readonly shown?: string;
}

/** A word that a command takes without an option. */
export interface OperandSpec {
  readonly name: string;
  readonly completes?: Completable;
  readonly choices?: readonly string[];
  readonly isRequired?: boolean;
  /** Whether it may be given several times: `adopt NAME…`. */
  readonly isRepeatable?: boolean;
}

/** One command: what it is called, what it takes, and where it is. */
export interface CommandSpec {
  readonly name: string;
  /** An imperative phrase without a full stop. */
  readonly summary: string;
  readonly operand?: OperandSpec;
  /**
   * For scripts of ours, not for people: no help and no completion names it. What stands after `--`
   * is its input, and it finds its own directory.
   */
  readonly isInternal?: boolean;
  /** Whether it works without any file, so that it works where what reads them is not installed. */
  readonly looksAtNothing?: boolean;
  readonly takesIdentity?: boolean;
  /** Whether it runs a program, given after `--`. */
  readonly takesProgram?: boolean;
  readonly options?: readonly OptionSpec[];
  /** Imports the command, so that only the chosen one costs time. */
  load(): Promise<Run>;
}

/** Commands under one name: `auth`, `auth keyring`, and the program itself. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** Whether `-i` may stand before the name of the command. */
  readonly takesIdentity?: boolean;
  /** Whether Atmos has this group as well: then a command that is not listed is for the next `atmos`. */
  readonly isShared?: boolean;
  readonly commands: readonly (CommandGroup | CommandSpec)[];
}
