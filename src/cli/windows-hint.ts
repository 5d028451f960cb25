import { quotePowerShell } from '../core/powershell-word.ts';

/**
 * A hint that is a command of a POSIX shell as one of PowerShell, and such that cmd.exe takes it too
 * where it can. Another stays.
 */
export function windowsHint(hint: string): string {
  const [, command = hint, comment = ''] = /^(.*?)(\s+#\s.*)?$/s.exec(hint) ?? [];
  return `${translate(command)}${comment}`;
}

function translate(command: string): string {
  const [, name, rest = ''] = /^(export|unset|ls -ld?|openssl) (.+)$/.exec(command) ?? [];
  switch (name) {
    case 'export':
      return setVariables(rest);
    case 'unset':
      return `Remove-Item ${rest
        .split(' ')
        .map((variable) => `Env:${variable}`)
        .join(', ')}`;
    case 'openssl':
      return randomText;
    case 'ls -l':
    case 'ls -ld':
      // Who may do what is in lists there, which a directory listing does not show.
      return `icacls ${withWindowsWords(rest)}`;
    default:
      return withWindowsWords(command);
  }
}

/** In the place of `openssl rand -base64 24`: what everybody has who runs us. */
const randomText = `node -p "crypto.randomBytes(24).toString('base64')"`;

function setVariables(assignments: string): string {
  const all = assignments.matchAll(/(\w+)=("[^"]*"|<[^>]*>|(?:'[^']*'|"'"|[^\s'"])*)/g);
  return Array.from(all, ([, name, value = '']) => `$env:${name} = ${valueOf(value)}`).join('; ');
}

function valueOf(written: string): string {
  if (written.startsWith('"$(openssl')) return randomText;
  return quotePowerShell(written.startsWith("'") ? unquote(written) : written);
}

/** Words that stand in quotes of a POSIX shell, as both shells of Windows read them if they can. */
function withWindowsWords(text: string): string {
  return text.replaceAll(/(?<=^|[\s=])'(?:[^']|'"'"')*'(?=$|[\s,;])/g, (quoted) => {
    const word = unquote(quoted);
    if (/^[\w.:\\/@+~-]+$/.test(word)) return word;
    return /["$`%!]/.test(word) ? quotePowerShell(word) : `"${word}"`;
  });
}

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(`'"'"'`, "'");
}
