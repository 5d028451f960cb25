// The stand-in for security as a separate program: see security/stand-in.mjs. SECURITY_STAND_IN
// names the directory of its machine.
import { readFileSync } from 'node:fs';
import { runSecurity } from './security/stand-in.mjs';

const args = process.argv.slice(2).map((arg) => Buffer.from(arg).toString('latin1'));
const input = args[0] === '-i' ? readFileSync(0, 'latin1') : '';
const { exitCode, stdout, stderr } = runSecurity(
  process.env['SECURITY_STAND_IN'] ?? '',
  args,
  input,
);
process.stdout.write(stdout);
process.stderr.write(stderr);
if (exitCode === null) setInterval(() => {}, 1000);
else process.exitCode = exitCode;
