// Formats a text as one word of each shell, so that a pasted command receives exactly that
// argument. Undefined if the shell cannot express it. Callers exclude control characters first.

/** sh, bash, dash, zsh, and Git Bash. */
export function posixWord(text: string): string {
  // zsh expands a word that begins with `=`.
  const isPlain = /^[\w./:@%+,-][\w./:@%+=,-]*$/.test(text);
  return isPlain ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

export function fishWord(text: string): string {
  if (/^[\w@+:,./=-]+$/.test(text)) return text;
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/**
 * A PowerShell literal, for its own commands and for values. PowerShell treats typographic quotes
 * as plain quotes.
 */
export function powerShellLiteral(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

// Characters with a meaning in double quotes: for PowerShell, including typographic quotes, and for
// cmd.exe.
const special = /[$`"\u2018-\u201e%!]/;

/**
 * An argument that PowerShell passes to a program. Version 5.1 omits empty arguments, does not
 * escape quotes, and lets a backslash before the closing quote escape it.
 */
export function powerShellWord(text: string): string | undefined {
  if (text === '' || text.includes('"') || /\s.*\\$/s.test(text)) return undefined;
  // Without quotes PowerShell splits `-a.b` into two words.
  if (/^[\w./:\\+=~-]+$/.test(text) && !/^-[^-].*[.:]/.test(text)) return text;
  return special.test(text) || text.endsWith('\\') ? powerShellLiteral(text) : `"${text}"`;
}

/** cmd.exe cannot quote `%`, `!`, `"` and line breaks, neither interactively nor in a batch file. */
export function cmdWord(text: string): string | undefined {
  if (/[%!"\r\n]/.test(text)) return undefined;
  if (/^[\w./:\\+@~-]+$/.test(text)) return text;
  return text.endsWith('\\') ? undefined : `"${text}"`;
}
