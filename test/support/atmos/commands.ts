import { readFileSync } from 'node:fs';

export interface Shown {
  readonly exitCode: number | null;
  readonly stdout: string;
}

/** Runs one `atmos` with words that may include `--help`. */
export type Ask = (words: readonly string[]) => Promise<Shown>;

export interface Compared {
  /** `atmos auth login` */
  readonly command: string;
  readonly direct: Shown;
  readonly throughOurs: Shown;
}

/**
 * Requests the help of every command of a program, found through its own help texts: directly and
 * through our program.
 */
export async function compareHelp(direct: Ask, throughOurs: Ask): Promise<Compared[]> {
  const compared: Compared[] = [];
  const waiting: (readonly string[])[] = [[]];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const words = [...path, '--help'];
    const [one, other] = await Promise.all([direct(words), throughOurs(words)]);
    compared.push({ command: ['atmos', ...path].join(' '), direct: one, throughOurs: other });
    // The help of a command may list all commands again.
    if (path.at(-1) === 'help') continue;
    for (const name of namesIn(one.stdout)) waiting.push([...path, name]);
  }
  return compared;
}

/** Whether a command prints the same help through our program. */
export function isSame({ direct, throughOurs }: Compared): boolean {
  return direct.exitCode === throughOurs.exitCode && direct.stdout === throughOurs.stdout;
}

/** The commands that docs/atmos-compatibility.md lists as different, by the first column. */
export function documentedDifferences(): string[] {
  const page = readFileSync('docs/atmos-compatibility.md', 'utf8');
  return Array.from(page.matchAll(/^\| `(atmos[^`]*)` +\|/gm), ([, command = '']) => command);
}

/** The names of commands and aliases in a help text. Each section indents them. */
function namesIn(help: string): string[] {
  let isListing = false;
  return help.split('\n').flatMap((line) => {
    if (/^\S/.test(line)) isListing = /^[\w -]*(commands|aliases):?\s*$/i.test(line);
    // A line that is indented further continues the description before it.
    const [, name] = (isListing && /^ {2,8}([a-z][\w-]*)( |$)/.exec(line)) || [];
    return name === undefined ? [] : [name];
  });
}
