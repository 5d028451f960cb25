import { AtmosError } from '../core/errors.ts';

// cmd.exe reads 8191 characters, its own name and options among them.
const maxLength = 8000;

/**
 * The line that makes cmd.exe run a batch file with just these arguments, for `cmd /s /c "LINE"`.
 * The file's own `%*` is read a second time, as the program that it starts is given it: so every
 * argument that is not plain stands in quotes, which both readings know, and a quote is doubled:
 * cmd.exe closes and opens at once, and programs take two for one.
 *
 * @throws ERR_COMMAND_NOT_EXECUTABLE for what cmd.exe would take for its own: `%`, which quotes do
 *   not stop, and control characters, of which a line break ends the command
 */
export function batchLine(file: string, args: readonly string[]): string {
  const words = [quoteAlways(file.replaceAll('/', '\\')), ...args.map(quoteUnlessPlain)];
  const line = words.join(' ');
  if (/[%\p{Cc}]/u.test(line))
    throw unfit(file, 'cmd.exe would take a % or a line break for its own');
  if (line.length > maxLength) throw unfit(file, `cmd.exe reads ${maxLength} characters of a line`);
  return line;
}

function unfit(file: string, why: string): AtmosError {
  return new AtmosError(
    'ERR_COMMAND_NOT_EXECUTABLE',
    `cannot run the batch file ${JSON.stringify(file)} with these arguments: ${why}`,
    { hints: ['run the program that the batch file starts, such as node <its script>'] },
  );
}

function quoteUnlessPlain(word: string): string {
  return /^[\w./:\\@+-]*[\w./:@+-]$/.test(word) ? word : quoteAlways(word);
}

// As programs take it apart: backslashes count twice before a quote, and only there.
function quoteAlways(word: string): string {
  return `"${word.replace(/(\\*)"/g, '$1$1""').replace(/\\+$/, '$&$&')}"`;
}
