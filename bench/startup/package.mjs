// The program that is measured: built, packed, and installed from its tarball, as users get it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param {string} directory is created
 * @returns {Promise<{ program: string, keyringModule: string }>} the absolute paths of `atmos` and
 *   of `atmos-auth/keyring`
 */
export async function installPackage(directory) {
  mkdirSync(directory);
  await run(process.execPath, ['scripts/build.mjs', '--no-types'], root);
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', directory], root);
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball');
  writeFileSync(join(directory, 'package.json'), '{ "private": true }');
  const options = ['--silent', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', ...options, `./${tarball}`], directory);
  const dist = join(directory, 'node_modules/atmos-auth/dist');
  return { program: join(dist, 'cli/main.cjs'), keyringModule: join(dist, 'keyring.js') };
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
async function run(program, args, cwd) {
  // Standard output is for the table.
  const child = spawn(program, args, { cwd, stdio: ['ignore', 2, 2] });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}`);
}
