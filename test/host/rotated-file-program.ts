// Appends numbered lines with its name to a file that is rotated after a few of them.
import { realHost } from '../../src/host/real.ts';
import { appendLine } from '../../src/host/rotated-file.ts';

const [path = '', name = '', count = '0'] = process.argv.slice(2);
const file = { path, said: { value: path, source: 'auth.audit.file' }, named: 'the audit file' };
for (let number = 0; number < Number(count); number++) {
  await appendLine(file, `${name} ${number}`, realHost(), { maxBytes: 200, kept: 100 });
}
