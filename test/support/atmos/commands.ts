import { readFileSync } from 'node:fs';

export interface Shown {
  readonly exitCode: number | null;
  readonly stdout: string;
}

/** Runs one `atmos` with words, `--help` among them. */
export type Ask = (words: readonly string[]) => Promise<Shown>;

export interface Compared {
  /** `atmos auth login` */
  readonly command: string;
  readonly direct: Shown;
  readonly throughOurs: Shown;
}

/** Asks every command of a program, found by its own help texts, for help: directly and through ours. */
export async function compareHelp(direct: Ask, throughOurs: Ask): Promise<Compared[]> {
  const compared: Compared[] = [];
  const waiting: (readonly string[])[] = [[]];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const words = [...path, '--help'];
    const [one, other] = await Promise.all([direct(words), throughOurs(words)]);
    compared.push({ command: ['atmos', ...path].join(' '), direct: one, throughOurs: other });
    // Its help may list every command once more.
    if (path.at(-1) === 'help') continue;
    for (const name of namesIn(one.stdout)) waiting.push([...path, name]);
  }
  return compared;
}

/** Whether a command gives the same with ours before it. */
export function isSame({ direct, throughOurs }: Compared): boolean {
  return direct.exitCode === throughOurs.exitCode && direct.stdout === throughOurs.stdout;
}

/** The commands that docs/atmos-compatibility.md lists as different, by the first column. */
export function documentedDifferences(): string[] {
  const page = readFileSync('docs/atmos-compatibility.md', 'utf8');
  return Array.from(page.matchAll(/^\| `(atmos[^`]*)` +\|/gm), ([, command = '']) => command);
}

/** The names of commands and aliases in a help text: each in a section of its own, indented. */
function namesIn(help: string): string[] {
  let isListing = false;
  return help.split('\n').flatMap((line) => {
    if (/^\S/.test(line)) isListing = /^[\w -]*(commands|aliases):?\s*$/i.test(line);
    // What is indented further goes on with the description before it.
    const [, name] = (isListing && /^ {2,8}([a-z][\w-]*)( |$)/.exec(line)) || [];
    return name === undefined ? [] : [name];
  });
}
