// Starts a secret provider on its own bus, for experiments by hand:
//
//     node test/support/secret-service-main.mjs gnome-keyring [--locked | --no-collection] [--
//     PROGRAM ARGS…]
//
// The program (a shell by default) runs in the provider's environment. Everything is removed when
// it exits.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openGnomeKeyring } from './secret-service/gnome-keyring.mjs';
import { openKeePassXC } from './secret-service/keepassxc.mjs';
import { openKWallet } from './secret-service/kwallet.mjs';

const openers = new Map([
  ['gnome-keyring', openGnomeKeyring],
  ['kwallet', openKWallet],
  ['keepassxc', openKeePassXC],
]);

const args = process.argv.slice(2);
const end = args.includes('--') ? args.indexOf('--') : args.length;
const [name = '', ...flags] = args.slice(0, end);
const [program = process.env['SHELL'] ?? 'sh', ...programArgs] = args.slice(end + 1);
const open = openers.get(name);
const isKnown = flags.every((flag) => ['--locked', '--no-collection'].includes(flag));
if (!open || !isKnown) {
  const names = [...openers.keys()].join('|');
  console.error(
    `usage: secret-service-main.mjs ${names} [--locked | --no-collection] [-- PROGRAM ARGS…]`,
  );
  process.exit(2);
}

const service = await open({
  locked: flags.includes('--locked'),
  noCollection: flags.includes('--no-collection'),
});
// The program has the terminal and handles its signals itself. We outlive it to clean up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
try {
  const env = { ...service.env, TERM: process.env['TERM'] ?? 'dumb' };
  const child = spawn(program, programArgs, { env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} finally {
  await service.close();
}
