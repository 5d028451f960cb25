// A child process for run-child.test.ts: writes each SIGHUP to a file, because its terminal no
// longer exists then, and exits half a second after the first one.
import { appendFileSync } from 'node:fs';

const file = process.argv[2] ?? '';
const write = (/** @type {string} */ line) => appendFileSync(file, `${line}\n`);
process.once('SIGHUP', () => setTimeout(() => (write('end'), process.exit(0)), 500));
process.on('SIGHUP', () => write('HUP'));
// A test that failed leaves no process behind.
setTimeout(() => process.exit(1), 60_000);
write(`ready ${process.ppid}`);
