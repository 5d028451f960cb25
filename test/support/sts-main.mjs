// The stand-in as a separate process. It reads its options as one line of JSON from standard input,
// prints `{"url":…}` on standard output, and exits at the end of standard input or on a signal, so
// that it cannot outlive the process that started it.
import { createInterface } from 'node:readline';
import { startSts } from './sts-server.mjs';

const lines = createInterface({ input: process.stdin });
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

const sts = await startSts(options);
lines.once('close', () => void sts.close());
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => lines.close());
process.stdout.write(`${JSON.stringify({ url: sts.url })}\n`);
