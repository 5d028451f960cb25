// Only what is used: the namespace would bundle the editor of the library and its character sets as well.
import { checkbox, confirm, input, password, search, Separator } from '@inquirer/prompts';
import { AtmosError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import type { Host, Terminal } from '../../host/host.ts';
import { wantsColor, withStyle } from './color.ts';
import {
  nobodyToAsk,
  type DefaultingTextQuestion,
  type Prompt,
  type PromptOptions,
  type Question,
  type SelectManyQuestion,
  type SelectQuestion,
  type TextQuestion,
} from './prompt.ts';

interface Streams extends Pick<Terminal, 'input' | 'output'> {
  readonly signal: AbortSignal;
  /** Makes Ctrl-D cancel even after typing, because a list of choices does not show typed text. */
  leaveByCtrlD(): void;
}

/** The signals that the keys Ctrl-C and Ctrl-Break send. */
const cancelling: readonly NodeJS.Signals[] = ['SIGINT', 'SIGBREAK'];
const endings = [...cancelling, 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Prompts at the terminal. Whether this is allowed is not checked. */
export function createTerminalPrompt(host: Host, options: PromptOptions): Prompt {
  const askWith = <T>(question: Question, run: (streams: Streams) => Promise<T>) =>
    ask(host, options, question, run);
  return {
    text: (question) =>
      askWith(question, (streams) =>
        input(
          { message: shownOf(question), validate: validator(question), ...defaultOf(question) },
          streams,
        ),
      ),
    masked: (question) =>
      askWith(question, (streams) =>
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
      askWith(question, (streams) =>
        confirm({ message: shownOf(question), default: question.default }, streams),
      ),
    select: (question) =>
      askWith(question, (streams) => {
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
      askWith(question, (streams) => {
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

async function ask<T>(
  host: Host,
  { color = true }: PromptOptions,
  question: Question,
  run: (streams: Streams) => Promise<T>,
): Promise<T> {
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
    if (!wantsColor({ env: host.env, stderr: { isTTY: true } }, color))
      leaveOutStyles(terminal.output);
    return await run({ ...terminal, signal: leaving.signal, leaveByCtrlD });
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
