import { quotePowerShell } from './powershell-word.ts';

/** A path or a name as one word of a POSIX shell, for hints that are pasted. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** `C:\…`, `\\server\…` */
export function isWindowsPath(path: string): boolean {
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
