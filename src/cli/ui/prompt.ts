import { AtmosError, NoTerminalError } from '../../core/errors.ts';
import type { Hint } from '../../core/hint.ts';
import { ciVariable, isOn } from '../../host/environment.ts';
import type { Host, Terminal } from '../../host/host.ts';
import { printable } from '../../core/printable.ts';
import { wantsColor, withStyle } from './color.ts';

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

type Library = Awaited<ReturnType<typeof loadLibrary>>;
interface Streams extends Pick<Terminal, 'input' | 'output'> {
  readonly signal: AbortSignal;
  /** Makes Ctrl-D cancel even after typing, because a list of choices does not show typed text. */
  leaveByCtrlD(): void;
}

/** The signals that the keys Ctrl-C and Ctrl-Break send. */
const cancelling: readonly NodeJS.Signals[] = ['SIGINT', 'SIGBREAK'];
const endings = [...cancelling, 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Options of the command line. */
export interface PromptOptions {
  readonly interactive?: boolean | undefined;
  /** Default: true. */
  readonly color?: boolean;
}

export function createPrompt(host: Host, options: PromptOptions = {}): Prompt {
  const askWith = <T>(
    question: Question,
    run: (library: Library, streams: Streams) => Promise<T>,
  ) => ask(host, options, question, run);
  return {
    text: (question) =>
      askWith(question, ({ input }, streams) =>
        input(
          { message: shownOf(question), validate: validator(question), ...defaultOf(question) },
          streams,
        ),
      ),
    masked: (question) =>
      askWith(question, ({ password }, streams) =>
        password(
          // With toggleMask, Ctrl-T would show the secret.
          {
            message: shownOf(question),
            mask: true,
            toggleMask: false,
            validate: validator(question),
          },
          streams,
        ),
      ),
    confirm: (question) =>
      askWith(question, ({ confirm }, streams) =>
        confirm({ message: shownOf(question), default: question.default }, streams),
      ),
    select: (question) =>
      askWith(question, ({ search, Separator }, streams) => {
        const choices = described(question);
        const source = (typed = '') => {
          const wanted = typed.toLowerCase();
          const found = choices.filter(({ name }) => name.toLowerCase().includes(wanted));
          const more = found.length - maxListed;
          // The line of a separator is worth one choice.
          if (more <= 1) return found;
          return [...found.slice(0, maxListed), new Separator(` ${more} more: type to filter`)];
        };
        const count = choices.length > maxListed ? ` (${choices.length} choices)` : '';
        const message = `${shownOf(question)}${count}`;
        return search(
          { message, source, theme: pickerTheme, pageSize: pageSize(streams) },
          streams,
        );
      }),
    selectMany: (question) =>
      askWith(question, ({ checkbox }, streams) => {
        streams.leaveByCtrlD();
        const choices = ticked(question);
        return checkbox(
          { message: shownOf(question), choices, loop: false, pageSize: pageSize(streams) },
          streams,
        );
      }),
  };
}

/** The library lays out every choice at each key, which takes long for thousands. */
const maxListed = 30;

/** As many choices as fit, seven at most: the library cannot erase what has left the screen. */
function pageSize({ output }: Pick<Streams, 'output'>): number {
  const otherLines = 3;
  return Math.max(1, Math.min(7, (output.rows ?? 24) - otherLines));
}

const pickerTheme = {
  style: {
    keysHelpTip: (keys: readonly (readonly [key: string, action: string])[]) =>
      [['type', 'to filter'] as const, ...keys]
        .map(([key, action]) => `${withStyle('bold', key)} ${withStyle('dim', action)}`)
        .join(withStyle('dim', ' • ')),
  },
};

/** Whether a prompt is possible and allowed, as far as this is known without opening the terminal. */
export async function canPrompt(host: Host, interactive: boolean | undefined): Promise<boolean> {
  return whyNot(host, interactive) === undefined && host.canPrompt();
}

/** Only what is used: the namespace would bundle the editor of the library and its character sets as well. */
async function loadLibrary() {
  const { checkbox, confirm, input, password, search, Separator } =
    await import('@inquirer/prompts');
  return { checkbox, confirm, input, password, search, Separator };
}

async function ask<T>(
  host: Host,
  { interactive, color = true }: PromptOptions,
  question: Question,
  run: (library: Library, streams: Streams) => Promise<T>,
): Promise<T> {
  const refusal = whyNot(host, interactive);
  if (refusal !== undefined) throw nobodyToAsk(question, refusal);
  const library = await loadLibrary();
  const terminal = await host.openTerminal(question);
  if (terminal === undefined) throw nobodyToAsk(question, 'there is no terminal');

  const leaving = new AbortController();
  const leave = () => leaving.abort();
  let ending: NodeJS.Signals | undefined;
  const stopListening = host.onSignals(endings, (signal) => {
    ending = signal;
    leave();
  });
  const leaveByCtrlD = () => {
    terminal.input.on('keypress', (_: unknown, key: Key) => {
      if (key.ctrl && key.name === 'd') leave();
    });
  };
  // The library does not notice that Ctrl-D on an empty line, or a closed terminal, stops the
  // reading.
  for (const event of ['pause', 'end', 'close', 'error']) terminal.input.on(event, leave);
  terminal.output.on('error', leave);
  try {
    // In every case the library shows the cursor again.
    const { input, output } = terminal;
    if (!wantsColor({ env: host.env, stderr: { isTTY: true } }, color)) leaveOutStyles(output);
    return await run(library, { input, output, signal: leaving.signal, leaveByCtrlD });
  } catch (error) {
    if (!hasLeft(error)) throw error;
    throw new AtmosError('ERR_CANCELLED', 'canceled');
  } finally {
    stopListening();
    terminal.close();
    if (ending !== undefined && !cancelling.includes(ending)) host.raise(ending);
  }
}

const styles = new RegExp(String.raw`\u001b\[[\d;]*m`, 'g');

/** The library decides about colors by the environment alone, and always shows bold text. */
function leaveOutStyles(output: Terminal['output']): void {
  const write = output.write.bind(output) as (text: Uint8Array | string) => boolean;
  output.write = (text: Uint8Array | string) =>
    write(typeof text === 'string' ? text.replaceAll(styles, '') : text);
}

interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
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

function nobodyToAsk({ message, instead }: Question, reason: string): AtmosError {
  return new NoTerminalError(`cannot prompt for ${JSON.stringify(message)}: ${reason}`, {
    reason,
    hints: [instead],
  });
}

function hasLeft(error: unknown): boolean {
  return error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name);
}

function shownOf({ message }: Question): string {
  return printable(message);
}

function described({ choices, describe }: SelectQuestion) {
  return choices.map((value) => {
    const short = printable(value);
    const name = describe === undefined ? short : `${short}  ${printable(describe(value))}`;
    return { value, name, short };
  });
}

function ticked(question: SelectManyQuestion) {
  const { checked } = question;
  return question.choices.map((value) => ({
    value,
    name: printable(value),
    checked: checked.includes(value),
  }));
}

function validator({ fault }: TextQuestion): (answer: string) => true | string {
  return (answer) => {
    const said = fault?.(answer);
    return said === undefined ? true : printable(said);
  };
}

function defaultOf(question: DefaultingTextQuestion): { default?: string } {
  return question.default === undefined ? {} : { default: question.default };
}
