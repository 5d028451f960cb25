/**
 * Adds a line to a variable of this process while a task runs, for programs that a library starts
 * with the environment of this process. Programs that are started meanwhile for other reasons receive it as
 * well. Tasks may overlap: each removes its own line only.
 */
export async function withLine<T>(
  variable: string,
  line: string,
  task: () => Promise<T>,
): Promise<T> {
  setLines(variable, [...linesOf(variable), line]);
  try {
    return await task();
  } finally {
    const lines = linesOf(variable);
    const at = lines.indexOf(line);
    setLines(variable, at === -1 ? lines : lines.toSpliced(at, 1));
  }
}

function linesOf(variable: string): string[] {
  return (process.env[variable] ?? '').split('\n').filter((line) => line !== '');
}

function setLines(variable: string, lines: readonly string[]): void {
  if (lines.length === 0) delete process.env[variable];
  else process.env[variable] = lines.join('\n');
}
