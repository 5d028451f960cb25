import type { IdentityWords } from '../app/identity-request.ts';
import type { Context } from './context.ts';
import type { GlobalOptions } from './global-options.ts';

/** A parsed command line. Options are keyed by their long names. */
export interface Invocation extends IdentityWords {
  readonly globals: GlobalOptions;
  /** The operand: `logout NAME`. The first one if there are several. */
  readonly operand: string | undefined;
  readonly operands: readonly string[];
  /**
   * Options with a value. An option with an empty value is treated as not given, unless its
   * specification has `empty: 'kept'`.
   */
  readonly values: Readonly<Record<string, string | undefined>>;
  /**
   * Options without a value: true, or false for `--no-name` and `--name=false`, undefined when
   * absent.
   */
  readonly flags: Readonly<Record<string, boolean | undefined>>;
  /** The words after `--`, when the command takes a program. */
  readonly program: readonly string[];
}

/** Runs a command. A returned number is the exit code; undefined means 0. */
export type Run = (context: Context, invocation: Invocation) => Promise<number | void>;

/** What an option's value or an operand names, for completion. */
export type Completable = 'identity' | 'provider' | 'profile' | 'file' | 'directory';

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What its value is, or what it does, without a full stop. */
  readonly summary: string;
  /** The name of its value in the help. An option without it is a flag. */
  readonly value?: string;
  readonly completes?: Completable;
  /** Whether the value may be left out, as in `-i`. */
  readonly isValueOptional?: boolean;
  readonly choices?: readonly string[];
  /** The behavior without it, for the help only: the command itself decides. */
  readonly default?: string;
  /** Whether the command fails without it, for the help only. */
  readonly isRequired?: boolean;
  /** Whether it may be given several times with different values, which are all used. */
  readonly mayRepeat?: boolean;
  /**
   * What an empty value is instead of not given: `kept`, because the command rejects it, or `refused`
   * here, because the command would do something else without it.
   */
  readonly empty?: 'kept' | 'refused';
  /** Other spellings, with their dashes: `-f`, `--format`. */
  readonly aliases?: readonly string[];
  /**
   * The environment variable that is used if the option is not given. An empty value counts as not
   * set.
   */
  readonly environment?: string;
  /** Whether the command uses no identity, or several, when it is given. */
  readonly replacesIdentity?: boolean;
  /** Its spelling in the help, if that is not `--name`: `--no-color`. */
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

/** One command: its name, its arguments, and how to load it. */
export interface CommandSpec {
  readonly name: string;
  /** An imperative phrase without a full stop. */
  readonly summary: string;
  readonly operand?: OperandSpec;
  /**
   * For our own scripts: help and completion do not list it. The words after `--` are its input,
   * and it finds its own directory.
   */
  readonly isInternal?: boolean;
  /**
   * Whether it reads no files, so that it works where the library that reads files is not
   * installed.
   */
  readonly looksAtNothing?: boolean;
  readonly takesIdentity?: boolean;
  /** Whether it needs one identity, unless an option `replacesIdentity`. */
  readonly usesOneIdentity?: boolean;
  /** Whether it runs a program, given after `--`. */
  readonly takesProgram?: boolean;
  /** Whether words may follow after `--`, for a program that it chooses itself. */
  readonly takesArguments?: boolean;
  readonly options?: readonly OptionSpec[];
  /** Imports the command, so that only the selected one is loaded. */
  load(): Promise<Run>;
}

/** Commands under one name: `auth`, `auth keyring`, and the program itself. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** Whether `-i` may precede the name of the command. */
  readonly takesIdentity?: boolean;
  /**
   * Whether Atmos also has this group. A command that is not listed here is then delegated to the
   * next `atmos`.
   */
  readonly isShared?: boolean;
  readonly commands: readonly (CommandGroup | CommandSpec)[];
}
