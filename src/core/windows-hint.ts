import { quotePowerShell, shellWord, windowsWord } from './hint.ts';

/** Programs of Windows: a line with one is written for its shells, and any other for a POSIX one. */
const native =
  /^(icacls|fsutil volume|tasklist|w32tm|sc\.exe|whoami|net helpmsg|cmdkey) [\w/"'\\<]/;

const posixWord = /^ *((?:'[^']*'|"[^"]*"|<[^<>]*>|[^\s'"])+)/;
const nativeWord = /^ *((?:'[^']*'|"[^"]*"|[^\s'"])+)/;

/** A hint as a command of PowerShell. What is one, or no command, stays. */
export function powerShellHint(hint: string): string {
  const line = native.test(hint) ? undefined : lineOf(hint, posixWord);
  const command = line && translate(line.words);
  return line === undefined || command === undefined ? hint : `${command}${line.comment}`;
}

/** A hint as a command of Git Bash, which takes `/grant` for a path unless it is told not to. */
export function gitBashHint(hint: string): string {
  const line = native.test(hint) ? lineOf(hint, nativeWord) : undefined;
  if (line === undefined) return hint;
  const [name = '', ...rest] = line.words.map((word) => shellWord(readNative(word)));
  const switches = rest.some((word) => word.startsWith('/')) ? 'MSYS_NO_PATHCONV=1 ' : '';
  // It has a whoami of its own.
  const program = name === 'whoami' ? '"$SYSTEMROOT/System32/whoami.exe"' : name;
  return `${switches}${[program, ...rest].join(' ')}${line.comment}`;
}

interface Line {
  /** As they are written, quotes and all. */
  readonly words: readonly string[];
  /** With the space before it. */
  readonly comment: string;
}

/** Undefined for a text that is no line of words. */
function lineOf(text: string, word: RegExp): Line | undefined {
  const words: string[] = [];
  let rest = text;
  while (rest !== '' && !/^ *#/.test(rest)) {
    const [all = '', found] = word.exec(rest) ?? [];
    if (found === undefined) return undefined;
    words.push(found);
    rest = rest.slice(all.length);
  }
  return { words, comment: rest };
}

/** Undefined for what is none of the commands that are known. */
function translate([name = '', ...rest]: readonly string[]): string | undefined {
  switch (name) {
    case 'export':
      return setVariables(rest);
    case 'unset':
      return rest.length > 0 && rest.every((variable) => /^\w+$/.test(variable))
        ? `Remove-Item ${rest.map((variable) => `Env:${variable}`).join(', ')}`
        : undefined;
    case 'openssl':
      return rest[0] === 'rand' ? randomText : undefined;
    case 'read':
      return rest[0] === '-rs' && /^\w+$/.test(rest[1] ?? '')
        ? `$env:${rest[1]} = [Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password`
        : undefined;
    case 'ls':
      return rest[0] === '-l'
        ? withPaths('Get-Item', rest.slice(1))
        : withPaths('Get-ChildItem', rest);
    case 'rm':
      return rest[0] === '-r'
        ? withPaths('Remove-Item -Recurse', rest.slice(1))
        : withPaths('Remove-Item', rest);
    case 'mv': {
      const move = rest.at(-1) === '~/' ? withPaths('Move-Item', rest.slice(0, -1)) : undefined;
      return move && `${move} -Destination ~`;
    }
    case 'curl':
      // Without the ending it is another name for Invoke-WebRequest.
      return ['curl.exe', ...rest].map(powerShellWord).join(' ');
    default:
      return /^(atmos|atmos-auth|aws|npm|--?[a-zA-Z][\w-]*)$/.test(name)
        ? [name, ...rest].map(powerShellWord).join(' ')
        : undefined;
  }
}

/** In the place of `openssl rand -base64 24`: what everybody has who runs us. */
const randomText = `node -p "crypto.randomBytes(24).toString('base64')"`;

function setVariables(assignments: readonly string[]): string | undefined {
  const lines = assignments.map((word) => {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const text = mapped(readPosix(value), quotePowerShell);
    return text && `$env:${name} = ${text}`;
  });
  return lines.length > 0 && areAll(lines) ? lines.join('; ') : undefined;
}

/** Paths that are taken as they are: `[a]` is a pattern otherwise. */
function withPaths(command: string, words: readonly string[]): string | undefined {
  const paths = words.map((word) => mapped(readPosix(word), windowsWord));
  const areNamed = words.length > 0 && !words.some((word) => word.startsWith('-'));
  return areNamed && areAll(paths) ? `${command} -LiteralPath ${paths.join(', ')}` : undefined;
}

/** `a,b` would be two words, and `@a` a variable. */
function powerShellWord(word: string): string {
  const text = readPosix(word);
  return text === undefined || (text === word && !/^@|,/.test(word)) ? word : windowsWord(text);
}

/** What a POSIX shell reads in a word, undefined where it would do more than read. */
function readPosix(word: string): string | undefined {
  const parts = Array.from(word.matchAll(/'[^']*'|"[^"]*"|<[^<>]*>|[^'"<]+|</g), ([part]) => {
    if (part.startsWith("'")) return part.slice(1, -1);
    if (part.startsWith('"')) return /[$`\\]/.test(part) ? undefined : part.slice(1, -1);
    return part.startsWith('<') || /^[\w./:@%+=,~-]+$/.test(part) ? part : undefined;
  });
  return areAll(parts) ? parts.join('') : undefined;
}

/** What PowerShell reads in a word as {@link windowsWord} writes it. */
function readNative(word: string): string {
  if (word.startsWith("'")) return word.slice(1, -1).replaceAll(/(['\u2018-\u201b])\1/g, '$1');
  return word.startsWith('"') ? word.slice(1, -1) : word;
}

function mapped(text: string | undefined, write: (text: string) => string): string | undefined {
  return text === undefined ? undefined : write(text);
}

function areAll(texts: readonly (string | undefined)[]): texts is readonly string[] {
  return !texts.includes(undefined);
}
