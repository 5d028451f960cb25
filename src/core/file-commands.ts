import { isWindowsPath, pathWord, shellWord, windowsWord } from './shell-word.ts';

// Commands for hints that are pasted. A path says by its form which system it is of: those of Windows
// are for PowerShell, and nearly all for cmd too.

/** Shows whom a file or a directory belongs to, and who may do what with it. */
export function showCommand(path: string): string {
  return `${isWindowsPath(path) ? 'icacls' : 'ls -ld'} ${pathWord(path)}`;
}

/** Shows files with their sizes and times. */
export function listCommand(paths: readonly string[]): string {
  return paths.some(isWindowsPath)
    ? `dir ${paths.map(windowsWord).join(', ')}`
    : `ls -l ${paths.map(shellWord).join(' ')}`;
}

export function moveHomeCommand(path: string): string {
  return isWindowsPath(path) ? `move ${windowsWord(path)} ~` : `mv ${shellWord(path)} ~/`;
}

export function removeCommand(path: string): string {
  return `${isWindowsPath(path) ? 'del' : 'rm'} ${pathWord(path)}`;
}

export function removeAllCommand(directory: string): string {
  return `${isWindowsPath(directory) ? 'Remove-Item -Recurse' : 'rm -r'} ${pathWord(directory)}`;
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
 * @param path of the file that it is about
 */
export function setCommand(name: string, value: string, path: string): string {
  return isWindowsPath(path) ? `$env:${name} = '${value}'` : `export ${name}=${value}`;
}
