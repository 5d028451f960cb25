import { NoTerminalError, type AtmosError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { ciVariable, isOn } from '../../host/environment.ts';
import type { Host } from '../../host/host.ts';

export interface Question {
  readonly message: string;
  /** What to do where no one can be prompted. */
  readonly instead: Hint;
  /** Whether lines pasted together with the answer to the last prompt are taken. Default: no. */
  readonly takesPasted?: boolean;
}

export interface TextQuestion extends Question {
  /** Why an answer is invalid, or undefined if it is valid. */
  fault?(answer: string): string | undefined;
}

export interface DefaultingTextQuestion extends TextQuestion {
  /** The answer if nothing is typed. */
  readonly default?: string;
}

export interface ConfirmQuestion extends Question {
  readonly default: boolean;
}

interface ChoiceQuestion extends Question {
  readonly choices: readonly string[];
}

export interface SelectQuestion extends ChoiceQuestion {
  /** Shown after a choice, and also found by typing. */
  describe?(choice: string): string;
}

export interface SelectManyQuestion extends ChoiceQuestion {
  /** The choices that are selected at the start. */
  readonly checked: readonly string[];
}

/**
 * Prompts the user at the terminal. Standard input and output are not used, so that both can be
 * pipes.
 *
 * Every prompt throws ERR_NO_TERMINAL at once if it is not possible or not allowed, and
 * ERR_CANCELLED if the user cancels with Ctrl-C, by closing the terminal, or with Ctrl-D before
 * typing anything. After text, Ctrl-D does nothing. A prompt and its choices are shown without
 * control sequences.
 */
export interface Prompt {
  text(question: DefaultingTextQuestion): Promise<string>;
  /** Shows a star for each character. */
  masked(question: TextQuestion): Promise<string>;
  confirm(question: ConfirmQuestion): Promise<boolean>;
  /** Typed text leaves only the choices that contain it, ignoring case. */
  select(question: SelectQuestion): Promise<string>;
  /** Any number of the choices, including none, in their order. */
  selectMany(question: SelectManyQuestion): Promise<string[]>;
}

/** Options of the command line. */
export interface PromptOptions {
  readonly interactive?: boolean | undefined;
  /** Default: true. */
  readonly color?: boolean;
}

/** Whether a prompt is possible and allowed, as far as this is known without opening the terminal. */
export async function canPrompt(host: Host, interactive: boolean | undefined): Promise<boolean> {
  return whyNot(host, interactive) === undefined && host.canPrompt();
}

/** Why no prompt is allowed: `CI is set`. With `--interactive` every one is. */
export function whyNot(
  { env }: Pick<Host, 'env'>,
  interactive: boolean | undefined,
): string | undefined {
  if (interactive === false) return '--interactive=false was given';
  if (interactive === true) return undefined;
  if (env['ATMOS_INTERACTIVE'] && !isOn(env['ATMOS_INTERACTIVE']))
    return 'ATMOS_INTERACTIVE disables prompts';
  const ci = ciVariable(env);
  return ci === undefined ? undefined : `${ci} is set`;
}

/** The error of a prompt that is not possible. */
export function nobodyToAsk({ message, instead }: Question, reason: string): AtmosError {
  return new NoTerminalError(`cannot prompt for ${JSON.stringify(message)}: ${reason}`, {
    reason,
    hints: [instead],
  });
}
