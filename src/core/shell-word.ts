// How each shell writes a text as one word, so that a pasted command gets exactly that argument.
// Undefined: the shell has no way to write it. Callers exclude control characters first.

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
 * A literal of PowerShell, for its own commands and for values. Typographic quotes count as the plain
 * one there.
 */
export function powerShellLiteral(text: string): string {
  return `'${text.replaceAll(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

// What PowerShell reads in double quotes, the typographic ones that it treats as plain ones, and what
// cmd.exe reads there.
const special = /[$`"\u2018-\u201e%!]/;

/**
 * An argument of a program, as PowerShell passes it on: version 5.1 drops an empty one and does not
 * escape a quote, and a backslash before the closing quote escapes it.
 */
export function powerShellWord(text: string): string | undefined {
  if (text === '' || text.includes('"') || /\s.*\\$/s.test(text)) return undefined;
  // Without quotes `-a.b` are two words there.
  if (/^[\w./:\\+=~-]+$/.test(text) && !/^-[^-].*[.:]/.test(text)) return text;
  return special.test(text) || text.endsWith('\\') ? powerShellLiteral(text) : `"${text}"`;
}

/** `%`, `!`, `"` and a line break cannot be quoted in cmd.exe, typed or in a batch file. */
export function cmdWord(text: string): string | undefined {
  if (/[%!"\r\n]/.test(text)) return undefined;
  if (/^[\w./:\\+@~-]+$/.test(text)) return text;
  return text.endsWith('\\') ? undefined : `"${text}"`;
}
