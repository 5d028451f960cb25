// The stand-in as a process of its own: takes its options as one line of JSON on standard input,
// prints `{"url":…}` on standard output, and ends when standard input does or at a signal. So it
// cannot outlive who started it.
import { createInterface } from 'node:readline';
import { startSts } from './sts-server.mjs';

const lines = createInterface({ input: process.stdin });
const options = await new Promise((resolve, reject) => {
  lines.once('line', (line) => {
    try {
      resolve(JSON.parse(line));
    } catch {
      // Not the parser's words: they quote the line, which holds keys.
      reject(new Error('the first line of standard input is not JSON'));
    }
  });
  lines.once('close', () => reject(new Error('standard input ended before the options came')));
});

const sts = await startSts(options);
lines.once('close', () => void sts.close());
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => lines.close());
process.stdout.write(`${JSON.stringify({ url: sts.url })}\n`);
