/** A path or a name as one word of a POSIX shell, for hints that are pasted. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** A path as one word of a shell of the system that it is of. */
export function pathWord(path: string): string {
  return isWindowsPath(path) ? windowsWord(path) : shellWord(path);
}

/** `C:\…`, `\\server\…` */
export function isWindowsPath(path: string): boolean {
  return /^([A-Za-z]:[\\/]|\\\\)/.test(path);
}

/** A path as one word of PowerShell, and of cmd where nothing in it is special to PowerShell. */
export function windowsWord(path: string): string {
  return /[$`]/.test(path) ? `'${path.replaceAll("'", "''")}'` : `"${path}"`;
}
