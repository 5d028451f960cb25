// Hints: what fixes an error, as data. A name or a path in a hint is an argument of its own, so no
// caller can forget to quote it; format-hint.ts writes a hint for the user's shell. A hint is plain
// JSON: it crosses the agent's socket and the record of a shared failure (parse-hint.ts).

/** A command or an edit that fixes an error, or words if neither does. */
export type Hint =
  | {
      readonly kind: 'run';
      readonly commands: readonly [Arguments] | readonly [Arguments, Arguments];
      /** When or what for, in words that precede the command. */
      readonly comment?: string;
    }
  /** The shell runs what the command prints: `eval "$(…)"`. */
  | { readonly kind: 'evaluate'; readonly command: Arguments; readonly comment?: string }
  | { readonly kind: 'add'; readonly options: Arguments; readonly comment?: string }
  | {
      readonly kind: 'set';
      readonly variable: string;
      readonly value: Argument | Random | Typed;
      readonly comment?: string;
    }
  | { readonly kind: 'unset'; readonly variables: readonly string[] }
  | { readonly kind: 'edit'; readonly position: string; readonly text: string }
  | { readonly kind: 'say'; readonly text: string };

/** A command's words: the program first. */
export type Arguments = readonly Argument[];

export type Argument = string | Placeholder | Home;

/** A word that the user replaces, printed as `<word>`. */
export interface Placeholder {
  readonly placeholder: string;
}

/** The user's home directory, as the shell writes it. */
export interface Home {
  readonly home: true;
}

/** A value that the shell generates: 24 random bytes in base64. */
export interface Random {
  readonly random: true;
}

/** A value that the user types when asked, so that it is in no history. */
export interface Typed {
  readonly typed: true;
}

export const home: Home = { home: true };
export const random: Random = { random: true };
export const typed: Typed = { typed: true };

export function placeholder(word: string): Placeholder {
  return { placeholder: word };
}

/** A command for the user to run. */
export function run(command: Arguments, comment?: string): Hint {
  return { kind: 'run', commands: [command], ...commented(comment) };
}

/** Two commands of which the second reads what the first prints. */
export function pipe(first: Arguments, second: Arguments, comment?: string): Hint {
  return { kind: 'run', commands: [first, second], ...commented(comment) };
}

/**
 * A command that prints what the user's shell is to run.
 *
 * @param command of `auth env`, whose format for fish has to be named
 */
export function evaluate(command: Arguments, comment?: string): Hint {
  return { kind: 'evaluate', command, ...commented(comment) };
}

/** Options to add to the command that failed. */
export function addOptions(options: Arguments, comment?: string): Hint {
  return { kind: 'add', options, ...commented(comment) };
}

/** @param value never a secret, which is {@link typed}: the shell keeps its commands in a history */
export function setVariable(
  variable: string,
  value: Argument | Random | Typed,
  comment?: string,
): Hint {
  return { kind: 'set', variable, value, ...commented(comment) };
}

export function unsetVariable(...variables: readonly string[]): Hint {
  return { kind: 'unset', variables };
}

/**
 * A change of a file.
 *
 * @param position of what is changed: `atmos.yaml:3:5`
 * @param text an imperative phrase: `set auth.realm to a name of its own`
 */
export function edit(position: string, text: string): Hint {
  return { kind: 'edit', position, text };
}

export function say(text: string): Hint {
  return { kind: 'say', text };
}

function commented(comment: string | undefined) {
  return comment === undefined ? {} : { comment };
}

/** An option with its value. One with a leading `-` would be read as another option. */
export function optionWords(option: string, value: string): string[] {
  return value.startsWith('-') ? [`${option}=${value}`] : [option, value];
}

/** Opens a file keyring for a while. */
export const unlockKeyring: Hint = run(['atmos', 'auth', 'keyring', 'unlock']);

/**
 * Open a file keyring without typing its password into a command, which the shell's history would
 * keep.
 *
 * @param canUnlock whether an unlock agent can hold it open
 */
export function unlockHints(canUnlock: boolean): Hint[] {
  return [
    ...(canUnlock ? [unlockKeyring] : []),
    setVariable('ATMOS_KEYRING_PASSWORD_FILE', placeholder('a file that holds the password')),
  ];
}

/** Take a variable back, and where `auth env` set it, all that it set in this shell. */
export function unsetHints(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Hint[] {
  const recorded = (env['ATMOS_AUTH_ENV_SET'] ?? '').split(',');
  const takeBack = evaluate(['atmos', 'auth', 'env', '--unset']);
  return [unsetVariable(name), ...(recorded.includes(name) ? [takeBack] : [])];
}

/** Removes what is kept of an identity. */
export function logOut(identity: string, includesKey: boolean, comment?: string): Hint {
  const name = identity.startsWith('-') ? optionWords('--identity', identity) : [identity];
  const command = ['atmos', 'auth', 'logout', ...name, ...(includesKey ? ['--keychain'] : [])];
  return run(command, comment);
}

/**
 * The command that copies what a realm has of these names, or of all, to the current realm. A name that
 * begins with a dash would be read as an option, so then all are copied.
 */
export function adoptFrom(aliases: readonly string[], realm: string): Hint {
  const names = aliases.some((alias) => alias.startsWith('-')) ? [] : aliases;
  return run([
    'atmos',
    'auth',
    'keyring',
    'adopt',
    ...names,
    ...optionWords('--from-realm', realm),
  ]);
}

/** Replaces an entry that cannot be read. */
export const storeAgain: readonly Hint[] = [
  run(['atmos', 'auth', 'user', 'configure'], 'to store an access key again'),
  run(['atmos', 'auth', 'login', '--force'], 'to store a session again'),
];

/** The hints, each once. */
export function distinctHints(hints: readonly Hint[]): Hint[] {
  return [...new Map(hints.map((hint) => [JSON.stringify(hint), hint])).values()];
}

/** `did you mean NAME?`, if there is a name that is near. */
export function didYouMean(nearest: string | undefined): Hint[] {
  return nearest === undefined ? [] : [say(`did you mean ${nearest}?`)];
}

/**
 * Shows who owns a file or a directory, and who may do what with it. Where Windows has a program of
 * its own for a purpose, which the form of the path tells, the hint is for that program.
 */
export function showPermissions(path: string): Hint {
  return run(isWindowsPath(path) ? ['icacls', path] : ['ls', '-ld', path]);
}

/** Shows files with their sizes and times. */
export function listFiles(paths: readonly string[], comment?: string): Hint {
  return run(['ls', '-l', ...paths], comment);
}

export function moveHome(path: string, comment?: string): Hint {
  return run(['mv', path, home], comment);
}

export function removeFile(path: string, comment?: string): Hint {
  return run(['rm', path], comment);
}

export function removeDirectory(path: string, comment?: string): Hint {
  return run(['rm', '-r', path], comment);
}

/** Shows the free space of the file system of a path. */
export function showFreeSpace(path: string): Hint {
  return isWindowsPath(path)
    ? run(['fsutil', 'volume', 'diskfree', /^[A-Za-z]:/.exec(path)?.[0] ?? path])
    : run(['df', '-h', path]);
}

/** Shows the free space and, where files are counted, how many more can be created. */
export function showFreeSpaceAndFiles(path: string): Hint[] {
  return [showFreeSpace(path), ...(isWindowsPath(path) ? [] : [run(['df', '-i', path])])];
}

/**
 * Shows a process that holds a file.
 *
 * @param path of the file: its form tells the system that the process is on
 */
export function showProcess(processId: number, path: string): Hint {
  return isWindowsPath(path)
    ? run(['tasklist', '/fi', `PID eq ${processId}`])
    : run(['ps', '-p', String(processId), '-o', 'pid,etime,args']);
}

/** `C:\…`, `\\server\…` */
function isWindowsPath(path: string): boolean {
  return /^([A-Za-z]:[\\/]|\\\\)/.test(path);
}
