import { statSync } from 'node:fs';
import { win32 } from 'node:path';
import { AtmosError } from '../../core/errors.ts';
import { say } from '../../core/hint.ts';
import { environmentValue } from '../../core/variables.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The arguments for Node's `spawn`. */
export interface Startable {
  readonly file: string;
  readonly args: readonly string[];
  /** The arguments already are a command line. */
  readonly windowsVerbatimArguments?: boolean;
}

// Extensions that the system can start. PATHEXT also has others, which only a shell can run.
const runnable = ['.com', '.exe', '.bat', '.cmd'];

/**
 * Finds the file that runs a program on Windows. Like Go and Atmos, it searches PATH with the
 * extensions of PATHEXT, and never the working directory, because a checkout could contain its own
 * `terraform.exe`. A batch file is run by cmd.exe, because its arguments are parsed differently.
 *
 * @param env of the program, including PATH
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

/** Runs a line in cmd.exe without changing it, and without AutoRun and delayed expansion. */
export function throughCmd(line: string, env: Environment): Startable {
  return {
    file: systemProgram('cmd.exe', env),
    args: ['/d', '/e:on', '/v:off', '/s', '/c', `"${line}"`],
    windowsVerbatimArguments: true,
  };
}

/**
 * The path of one of the system's own programs. `ComSpec` may name another shell, and PATH may
 * contain any directory.
 */
export function systemProgram(name: string, env: Environment): string {
  const root = environmentValue(env, 'SystemRoot', 'win32') || 'C:\\Windows';
  return win32.join(root, 'System32', name);
}

/** The files that could run for a program name. The first that exists is used. */
export function programFiles(program: string, env: Environment): string[] {
  const names = withExtensions(program, env);
  if (/[/\\:]/.test(program)) return names;
  return directoriesOn(env).flatMap((directory) =>
    names.map((name) => win32.join(directory, name)),
  );
}

/**
 * The directories of PATH. A directory that contains `;` is in quotes; relative directories are
 * ignored.
 */
export function directoriesOn(env: Environment): string[] {
  const path = environmentValue(env, 'PATH', 'win32') ?? '';
  const directories = path.match(/(?:[^;"]|"[^"]*"?)+/g) ?? [];
  return directories.map((written) => written.replaceAll('"', '')).filter(isFull);
}

function findProgram(program: string, env: Environment): string | undefined {
  return programFiles(program, env).find(isFile);
}

/** The name itself if it has an extension, then the name with each extension of PATHEXT. */
function withExtensions(program: string, env: Environment): string[] {
  const set = (environmentValue(env, 'PATHEXT', 'win32') ?? '').toLowerCase().split(';');
  const known = set.filter((extension) => runnable.includes(extension));
  const extensions = known.length > 0 ? known : runnable;
  const asItIs = win32.extname(program) === '' ? [] : [program];
  return [...asItIs, ...extensions.map((extension) => program + extension)];
}

/** Whether the path has a drive or a server: `\dir` is a different directory on each drive. */
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

// cmd.exe accepts 8191 characters, including its own name and options.
const maxLength = 8000;

/**
 * The line that makes cmd.exe run a batch file with exactly these arguments, for `cmd /s /c
 * "LINE"`. The line is parsed twice: by cmd.exe, and through `%*` of the batch file by the program
 * that it starts. Every argument with special characters is therefore in quotes, which both parsers
 * understand, and a quote is doubled: cmd.exe closes and reopens the quotes, and programs read one
 * quote.
 *
 * @throws ERR_COMMAND_NOT_EXECUTABLE for characters that cmd.exe would interpret even in quotes:
 *   `%`, and control characters such as a line break, which ends the command
 */
export function batchLine(file: string, args: readonly string[]): string {
  const words = [quoteAlways(file.replaceAll('/', '\\')), ...args.map(quoteUnlessPlain)];
  const line = words.join(' ');
  if (/[%\p{Cc}]/u.test(line))
    throw unfit(file, 'cmd.exe would interpret a % or a line break in them');
  if (line.length > maxLength)
    throw unfit(file, `cmd.exe accepts at most ${maxLength} characters in a line`);
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

// Quotes a word as programs parse it: backslashes are doubled only before a quote.
function quoteAlways(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1""').replace(/\\+$/, '$&$&')}"`;
}
