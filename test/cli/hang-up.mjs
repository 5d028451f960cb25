// A child for run-child.test.ts: writes each SIGHUP that it gets to a file, since its terminal is gone
// by then, and half a second after the first one that it ends.
import { appendFileSync } from 'node:fs';

const file = process.argv[2] ?? '';
const write = (/** @type {string} */ line) => appendFileSync(file, `${line}\n`);
process.once('SIGHUP', () => setTimeout(() => (write('end'), process.exit(0)), 500));
process.on('SIGHUP', () => write('HUP'));
// A test that failed leaves no process behind.
setTimeout(() => process.exit(1), 60_000);
write(`ready ${process.ppid}`);
