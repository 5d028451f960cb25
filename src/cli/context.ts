import type { Host } from '../host/host.ts';
import type { Paint } from './color.ts';
import { createPaint } from './color.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Journal } from './log/journal.ts';
import type { Prompt } from './prompt.ts';
import { createPrompt } from './prompt.ts';
import type { Write } from './streams.ts';
import { createWrite } from './streams.ts';

/** What a command gets to work with. */
export interface Context {
  readonly host: Host;
  readonly globals: GlobalOptions;
  /** Writes to standard output, which is for machines. */
  readonly out: Write;
  /** Writes to standard error, which is for people. */
  readonly note: Write;
  /** How to colour what is noted. */
  readonly paint: Paint;
  /** Asks the person at the terminal, or refuses. */
  readonly prompt: Prompt;
  /** Opens the log, once the configuration is read. */
  readonly startLog: Journal['start'];
}

export function createContext(
  host: Host,
  globals: GlobalOptions,
  { start }: Pick<Journal, 'start'>,
): Context {
  return {
    host,
    globals,
    out: createWrite(host.stdout, 'standard output'),
    note: createWrite(host.stderr, 'standard error'),
    paint: createPaint(host, globals.color),
    prompt: createPrompt(host, globals.interactive),
    startLog: start,
  };
}
