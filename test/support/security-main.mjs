// The stand-in for security as a program of its own: see security/stand-in.mjs. Its machine is in the
// directory that SECURITY_STAND_IN names.
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
