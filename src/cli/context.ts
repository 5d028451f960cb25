import type { Host } from '../host/host.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Journal } from './log/journal.ts';
import { createPrinter, type Printer } from './printer.ts';
import { createPrompt } from './ui/create-prompt.ts';
import type { Prompt } from './ui/prompt.ts';

/** The services that a command uses. */
export interface Context extends Printer {
  readonly host: Host;
  readonly globals: GlobalOptions;
  /** As the user types it: `atmos auth exec`. */
  readonly command: string;
  /** Prompts the user at the terminal, or refuses. */
  readonly prompt: Prompt;
  /** Opens the log after the configuration was read. */
  readonly startLog: Journal['start'];
}

export function createContext(
  host: Host,
  globals: GlobalOptions,
  { start }: Pick<Journal, 'start'>,
  command: string,
): Context {
  return {
    ...createPrinter(host, globals.color),
    host,
    globals,
    command,
    prompt: createPrompt(host, globals),
    startLog: start,
  };
}
