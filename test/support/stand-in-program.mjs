// A stand-in as a separate process.
import { createInterface } from 'node:readline';

/**
 * Reads the options as one line of JSON from standard input, starts the stand-in, and prints its
 * addresses as one line of JSON on standard output. The process exits at the end of standard input
 * or on a signal, so that it cannot outlive the process that started it.
 *
 * @template Options
 * @param {(options: Options) => Promise<{ urls: Record<string, string>, close(): Promise<void> }>} start
 */
export async function runStandIn(start) {
  const lines = createInterface({ input: process.stdin });
  /** @type {Options} */
  const options = await new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      try {
        resolve(JSON.parse(line));
      } catch {
        // The message of the parser quotes the line, which contains access keys.
        reject(new Error('the first line of standard input is not JSON'));
      }
    });
    lines.once('close', () => reject(new Error('standard input ended before the options came')));
  });
  const { urls, close } = await start(options);
  lines.once('close', () => void close());
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => lines.close());
  process.stdout.write(`${JSON.stringify(urls)}\n`);
}
