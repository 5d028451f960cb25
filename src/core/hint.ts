// Hints, as data: how to fix an error. Each name or path is a separate argument, so that no caller
// can forget to quote it; format-hint.ts formats a hint for the user's shell. Hints are plain JSON:
// they are sent over the agent's socket and stored in the record of a shared failure
// (parse-hint.ts).

/** A command or an edit that fixes an error, or prose if neither does. */
export type Hint =
  | {
      readonly kind: 'run';
      readonly command: Arguments;
      /** When or why to run the command. Printed before it. */
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

/** The words of a command. The first is the program. */
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

/** A value that the shell prompts for, so that it is not stored in the history. */
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
  return { kind: 'run', command, ...commented(comment) };
}

/**
 * A command whose output the user's shell must run.
 *
 * @param command a form of `auth env`, because fish needs another output format
 */
export function evaluate(command: Arguments, comment?: string): Hint {
  return { kind: 'evaluate', command, ...commented(comment) };
}

/** Options to add to the command that failed. */
export function addOptions(options: Arguments, comment?: string): Hint {
  return { kind: 'add', options, ...commented(comment) };
}

/**
 * @param value never a secret, because the shell stores commands in its history; use {@link typed}
 *   for a secret
 */
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
 * A change to a file.
 *
 * @param position of the value to change: `atmos.yaml:3:5`
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

/**
 * An option with its value. A value with a leading `-` is joined to the option, because it would be
 * parsed as another option.
 */
export function optionWords(option: string, value: string): string[] {
  return value.startsWith('-') ? [`${option}=${value}`] : [option, value];
}

/**
 * The hint with options for the commands of `atmos auth` in it: without those that select the
 * configuration of a command that failed, another configuration would be used. A command that names its
 * directory stays as it is.
 */
export function withOptions(hint: Hint, options: readonly string[]): Hint {
  const extended = (command: Arguments): Arguments => {
    const isPlaced = command.includes('-C') || command.includes('--chdir');
    if (command[0] !== 'atmos' || command[1] !== 'auth' || isPlaced) return command;
    const end = command.indexOf('--');
    const at = end < 0 ? command.length : end;
    return [...command.slice(0, at), ...options, ...command.slice(at)];
  };
  if (options.length === 0) return hint;
  if (hint.kind !== 'run' && hint.kind !== 'evaluate') return hint;
  return { ...hint, command: extended(hint.command) };
}

/** Unlocks a file keyring for a limited time. */
export const unlockKeyring: Hint = run(['atmos', 'auth', 'keyring', 'unlock']);

/**
 * Ways to unlock a file keyring without typing its password into a command, which the shell would
 * store in its history.
 *
 * @param canUnlock whether an unlock agent can be used
 */
export function unlockHints(canUnlock: boolean): Hint[] {
  return [...(canUnlock ? [unlockKeyring] : []), setPasswordFile];
}

/** Gives the password of a file keyring, also of one that is not the configured keyring. */
export const setPasswordFile = setVariable(
  'ATMOS_KEYRING_PASSWORD_FILE',
  placeholder('a file that holds the password'),
);

/**
 * Unset a variable. If `auth env` set it, the hint unsets everything that `auth env` set in this
 * shell.
 */
export function unsetHints(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): Hint[] {
  const recorded = (env['ATMOS_AUTH_ENV_SET'] ?? '').split(',');
  const takeBack = evaluate(['atmos', 'auth', 'env', '--unset']);
  return [unsetVariable(name), ...(recorded.includes(name) ? [takeBack] : [])];
}

/** Removes the stored session of an identity, and its key if `includesKey`. */
export function logOut(identity: string, includesKey: boolean, comment?: string): Hint {
  const name = identity.startsWith('-') ? optionWords('--identity', identity) : [identity];
  const command = ['atmos', 'auth', 'logout', ...name, ...(includesKey ? ['--keychain'] : [])];
  return run(command, comment);
}

/**
 * The command that copies the entries with these names, or all entries, from another realm to the
 * current one. All are copied if a name begins with a dash, because it would be parsed as an
 * option.
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

/** Replace an entry that cannot be read. */
export const storeAgain: readonly Hint[] = [
  run(['atmos', 'auth', 'user', 'configure'], 'to store an access key again'),
  run(['atmos', 'auth', 'login', '--force'], 'to store a session again'),
];

/** Removes duplicate hints. */
export function distinctHints(hints: readonly Hint[]): Hint[] {
  return [...new Map(hints.map((hint) => [JSON.stringify(hint), hint])).values()];
}

/** `did you mean NAME?`, if there is a similar name. */
export function didYouMean(nearest: string | undefined): Hint[] {
  return nearest === undefined ? [] : [say(`did you mean ${nearest}?`)];
}

/**
 * Shows the owner and permissions of a file or a directory. The form of the path decides whether
 * the hint uses the Windows program.
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

/** Shows the free space and, on file systems with a file limit, how many more files can be created. */
export function showFreeSpaceAndFiles(path: string): Hint[] {
  return [showFreeSpace(path), ...(isWindowsPath(path) ? [] : [run(['df', '-i', path])])];
}

/**
 * Shows a process that holds a file.
 *
 * @param path of the file; its form indicates the operating system
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
