// Commands for hints that are pasted. They are for a POSIX shell, on Windows too: src/cli/report.ts
// writes them for the shell that is there. Where Windows has programs of its own for it, which the
// form of the path tells, the command is for PowerShell, and mostly for cmd.exe too.

/** Shows whom a file or a directory belongs to, and who may do what with it. */
export function showCommand(path: string): string {
  return isWindowsPath(path) ? `icacls ${windowsWord(path)}` : `ls -ld ${shellWord(path)}`;
}

/** Shows files with their sizes and times. */
export function listCommand(paths: readonly string[]): string {
  return `ls -l ${paths.map(shellWord).join(' ')}`;
}

export function moveHomeCommand(path: string): string {
  return `mv ${shellWord(path)} ~/`;
}

export function removeCommand(path: string): string {
  return `rm ${shellWord(path)}`;
}

export function removeAllCommand(directory: string): string {
  return `rm -r ${shellWord(directory)}`;
}

/** Shows the free room where a path is. */
export function roomCommand(path: string): string {
  return isWindowsPath(path)
    ? `fsutil volume diskfree ${windowsWord(/^[A-Za-z]:/.exec(path)?.[0] ?? path)}`
    : `df -h ${shellWord(path)}`;
}

/** Shows that, and where files are counted, how many more can be made. */
export function roomAndFilesCommand(path: string): string {
  const room = roomCommand(path);
  return isWindowsPath(path) ? room : `${room}; df -i ${shellWord(path)}`;
}

/**
 * Shows a process that holds a file.
 *
 * @param path of the file: the system that the process is on
 */
export function processCommand(processId: number, path: string): string {
  return isWindowsPath(path)
    ? `tasklist /fi "PID eq ${processId}"`
    : `ps -p ${processId} -o pid,etime,args`;
}

/**
 * Sets a variable in the shell.
 *
 * @param value `<a directory of your own>` for one to fill in
 */
export function setCommand(name: string, value: string): string {
  return `export ${name}=${value.includes('\\') ? shellWord(value) : value}`;
}

/**
 * Open a file keyring without typing its password into a command, which the shell's history would
 * keep.
 *
 * @param canUnlock whether an unlock agent can hold it open
 */
export function unlockHints(canUnlock: boolean): string[] {
  return [
    ...(canUnlock ? [unlockCommand] : []),
    setCommand('ATMOS_KEYRING_PASSWORD_FILE', '<a file that holds the password>'),
  ];
}

export const unlockCommand = 'atmos auth keyring unlock';

/** Lets bash, zsh and their kin read a secret into a variable: it is in no command and not shown. */
export function readSecretCommand(name: string): string {
  return `read -rs ${name} && export ${name}`;
}

/** A path or a name as one word of a POSIX shell, for hints that are pasted. zsh expands `=name`. */
export function shellWord(text: string): string {
  return /^(?!=)[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/**
 * An option with its value: `--identity dev`, and `--identity=-x`, since a word with a dash is
 * another option.
 */
export function optionWithValue(option: string, value: string): string {
  return `${option}${value.startsWith('-') ? '=' : ' '}${shellWord(value)}`;
}

/** The command that removes what is kept of an identity. */
export function logoutCommand(identity: string, includesKey: boolean): string {
  const name = identity.startsWith('-')
    ? optionWithValue('--identity', identity)
    : shellWord(identity);
  return `atmos auth logout ${name}${includesKey ? ' --keychain' : ''}`;
}

/** `C:\…`, `\\server\…` */
function isWindowsPath(path: string): boolean {
  return /^([A-Za-z]:[\\/]|\\\\)/.test(path);
}

// What PowerShell reads in double quotes, the typographic ones that it takes for plain ones, and what
// cmd.exe reads there.
const special = /[$`"\u2018-\u201e%!]/;

/** A path as one word of PowerShell, and of cmd.exe where it has nothing that is special to either. */
export function windowsWord(path: string): string {
  if (special.test(path)) return quotePowerShell(path);
  if (!path.endsWith('\\')) return `"${path}"`;
  // For most programs there, `\"` does not end a word.
  return /^[\w.:\\/+-]+$/.test(path) ? path : quotePowerShell(path);
}

/** A text as one word of PowerShell, which takes typographic quotes for the plain one. */
export function quotePowerShell(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

/** Commands that set the clock of the machine right. */
export function clockHints(platform: NodeJS.Platform): string[] {
  if (platform === 'darwin') return ['sudo systemsetup -setusingnetworktime on'];
  if (platform === 'win32') return ['w32tm /resync'];
  return ['sudo timedatectl set-ntp true', 'in WSL: sudo hwclock --hctosys'];
}
