import { statSync } from 'node:fs';
import { win32 } from 'node:path';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { environmentValue } from '../../core/variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What Node's `spawn` is given. */
export interface Startable {
  readonly file: string;
  readonly args: readonly string[];
  /** The arguments are a command line already. */
  readonly windowsVerbatimArguments?: boolean;
}

// What the system can start. PATHEXT has others too, which only a shell knows how to run.
const runnable = ['.com', '.exe', '.bat', '.cmd'];

/**
 * What to start for a program on Windows. Like Go, and so like Atmos, it is looked for on PATH with
 * the extensions of PATHEXT, and never in the working directory: a checkout could bring its own
 * `terraform.exe`. A batch file is run by cmd.exe, since the system reads its arguments otherwise.
 *
 * @param env of the program; its PATH counts
 * @throws the system's error ENOENT, or ERR_COMMAND_NOT_EXECUTABLE as {@link batchLine}
 */
export function windowsProgram(
  program: string,
  args: readonly string[],
  env: Environment,
): Startable {
  const file = findProgram(program, env);
  if (file === undefined) {
    throw Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT', path: program });
  }
  if (!/\.(bat|cmd)$/i.test(file)) return { file, args };
  return throughCmd(batchLine(file, args), env);
}

/** A line as cmd.exe reads it, whatever is in it: without AutoRun and delayed expansion. */
export function throughCmd(line: string, env: Environment): Startable {
  return {
    file: systemProgram('cmd.exe', env),
    args: ['/d', '/e:on', '/v:off', '/s', '/c', `"${line}"`],
    windowsVerbatimArguments: true,
  };
}

/** One of the system's own programs: `ComSpec` may name another shell, and PATH anything. */
export function systemProgram(name: string, env: Environment): string {
  const root = environmentValue(env, 'SystemRoot', 'win32') || 'C:\\Windows';
  return win32.join(root, 'System32', name);
}

/** Files that would run for the program's name, the first that is there counts. */
export function programFiles(program: string, env: Environment): string[] {
  const names = withExtensions(program, env);
  if (/[/\\:]/.test(program)) return names;
  return directoriesOn(env).flatMap((directory) =>
    names.map((name) => win32.join(directory, name)),
  );
}

/** The directories of PATH. One that holds a `;` stands in quotes; a relative one does not count. */
export function directoriesOn(env: Environment): string[] {
  const path = environmentValue(env, 'PATH', 'win32') ?? '';
  const directories = path.match(/(?:[^;"]|"[^"]*"?)+/g) ?? [];
  return directories.map((written) => written.replaceAll('"', '')).filter(isFull);
}

function findProgram(program: string, env: Environment): string | undefined {
  return programFiles(program, env).find(isFile);
}

/** As it is when it has an extension, then with each of PATHEXT. */
function withExtensions(program: string, env: Environment): string[] {
  const set = (environmentValue(env, 'PATHEXT', 'win32') ?? '').toLowerCase().split(';');
  const known = set.filter((extension) => runnable.includes(extension));
  const extensions = known.length > 0 ? known : runnable;
  const asItIs = win32.extname(program) === '' ? [] : [program];
  return [...asItIs, ...extensions.map((extension) => program + extension)];
}

/** With a drive or a server: `\dir` is another directory on each drive. */
function isFull(path: string): boolean {
  return win32.isAbsolute(path) && win32.parse(path).root.length > 1;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

// cmd.exe reads 8191 characters, its own name and options among them.
const maxLength = 8000;

/**
 * The line that makes cmd.exe run a batch file with just these arguments, for `cmd /s /c "LINE"`.
 * The file's own `%*` is read a second time, as the program that it starts is given it: so every
 * argument that is not plain stands in quotes, which both readings know, and a quote is doubled:
 * cmd.exe closes and opens at once, and programs take two for one.
 *
 * @throws ERR_COMMAND_NOT_EXECUTABLE for what cmd.exe would take for its own: `%`, which quotes do
 *   not stop, and control characters, of which a line break ends the command
 */
export function batchLine(file: string, args: readonly string[]): string {
  const words = [quoteAlways(file.replaceAll('/', '\\')), ...args.map(quoteUnlessPlain)];
  const line = words.join(' ');
  if (/[%\p{Cc}]/u.test(line))
    throw unfit(file, 'cmd.exe would take a % or a line break for its own');
  if (line.length > maxLength) throw unfit(file, `cmd.exe reads ${maxLength} characters of a line`);
  return line;
}

function unfit(file: string, why: string): AtmosError {
  return new AtmosError(
    'ERR_COMMAND_NOT_EXECUTABLE',
    `cannot run the batch file ${JSON.stringify(file)} with these arguments: ${why}`,
    { hints: [say('run the program that the batch file starts, such as node')] },
  );
}

function quoteUnlessPlain(word: string): string {
  return /^[\w./:\\@+-]*[\w./:@+-]$/.test(word) ? word : quoteAlways(word);
}

// As programs take it apart: backslashes count twice before a quote, and only there.
function quoteAlways(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1""').replace(/\\+$/, '$&$&')}"`;
}
