// Checks two properties of the built package: the keyring loads no other npm package than the hash
// functions, and the one for readers only when it is needed; and installing it installs only one
// native dependency.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const npmStepMs = 5 * 60_000;

/** Packages that encrypt the secret of a file keyring with readers. They are only loaded for one. */
const ofReaders =
  /(^|\/)node_modules\/(age-encryption|@noble\/(ciphers|curves|hashes|post-quantum)|@scure\/base)\//;

/** @type {{ version: string, dependencies: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
assert.deepEqual(Object.keys(manifest.dependencies), ['koffi'], 'dependencies of package.json');

checkKeyring();
checkInstalled();

/** Follows dist/keyring.js through every static and lazy import. */
function checkKeyring() {
  const { modules, packages } = contentsOf('dist/keyring.js');
  // A hash of a text, without the milliseconds that node:crypto takes to load.
  const isOwn = (/** @type {string} */ name) =>
    /^(src\/(core|host|keyring)|\\0rolldown|node_modules\/@noble\/hashes)\//.test(name);
  assert(modules.length > 0, 'no module seen in dist/keyring.js');
  const foreign = modules.filter((name) => !isOwn(name) && !ofReaders.test(name));
  assert.deepEqual(foreign, [], 'modules that dist/keyring.js reaches');
  const atOnce = contentsOf('dist/keyring.js', { isLazyFollowed: false }).modules;
  assert(atOnce.length > 0 && atOnce.length < modules.length, 'no lazy import of dist/keyring.js');
  assert.deepEqual(
    atOnce.filter((name) => !isOwn(name)),
    [],
    'modules that dist/keyring.js loads at once',
  );
  assert.deepEqual(packages, ['koffi'], 'packages that dist/keyring.js imports');

  // The same check of the whole library, which contains packages, proves that it can detect them.
  const whole = contentsOf('dist/index.js').modules;
  assert(
    whole.some((name) => name.includes('node_modules/')),
    'no package seen in dist/index.js',
  );
  console.log(`bundle: keyring.js reaches ${modules.length} modules, index.js ${whole.length}`);
}

/**
 * @param {string} entry
 * @param {{ isLazyFollowed?: boolean }} [options]
 */
function contentsOf(entry, { isLazyFollowed = true } = {}) {
  const texts = [...reachableFrom(join(root, entry), isLazyFollowed)].map((file) =>
    readFileSync(file, 'utf8'),
  );
  return {
    // rolldown marks the beginning of each module with a comment.
    modules: texts.flatMap((text) =>
      captures(text, /^\/\/ (?:#region )?(\S+\/\S+[.][cm]?[jt]s)$/gm),
    ),
    packages: [...new Set(texts.flatMap((text) => importsOf(text, isLazyFollowed)))].filter(
      (name) => !/^(node:|[.])/.test(name),
    ),
  };
}

/**
 * @param {string} file
 * @param {boolean} isLazyFollowed
 * @param {Set<string>} seen
 * @returns {Set<string>}
 */
function reachableFrom(file, isLazyFollowed, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const name of importsOf(readFileSync(file, 'utf8'), isLazyFollowed)) {
    if (name.startsWith('.')) reachableFrom(join(dirname(file), name), isLazyFollowed, seen);
  }
  return seen;
}

/**
 * @param {string} text
 * @param {boolean} isLazyFollowed
 */
function importsOf(text, isLazyFollowed) {
  const fixed = captures(text, /^(?:import|export)\b[^'"\n]*["']([^"'\n]+)["'];$/gm);
  const lazy = captures(text, /\b(?:import|require)\(["']([^"'\n]+)["']\)/g);
  return isLazyFollowed ? [...fixed, ...lazy] : fixed;
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 */
function captures(text, pattern) {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

/** Packs the package, installs it in an empty project and uses it from there. */
function checkInstalled() {
  const project = mkdtempSync(join(tmpdir(), 'atmos-auth-'));
  try {
    run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', project], root);
    const tarball = readdirSync(project).find((name) => name.endsWith('.tgz'));
    assert(tarball !== undefined, 'npm pack made no tarball');
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    run(
      'npm',
      ['install', '--silent', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`],
      project,
    );

    const installed = readdirSync(join(project, 'node_modules')).filter(
      (name) => !name.startsWith('.'),
    );
    const expected = ['@koromix', 'atmos-auth', 'koffi'];
    assert.deepEqual(installed.sort(), expected, 'packages that are installed with it');

    const use = `if (typeof openKeyring !== 'function') throw new Error('no openKeyring')`;
    const node = process.execPath;
    run(node, ['-e', `const { openKeyring } = require('atmos-auth/keyring'); ${use}`], project);
    run(
      node,
      ['--input-type=module', '-e', `import { openKeyring } from 'atmos-auth/keyring'; ${use}`],
      project,
    );
    for (const program of ['atmos', 'atmos-auth']) {
      const said = run(join(project, 'node_modules/.bin', program), ['version'], project);
      assert(said.includes(manifest.version), `${program} version says ${said}`);
    }
    console.log(`bundle: ${tarball} installs with ${expected.join(', ')}; required, imported, run`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(program, args, cwd) {
  const stdio = /** @type {const} */ (['ignore', 'pipe', 'inherit']);
  return execFileSync(program, args, {
    cwd,
    stdio: [...stdio],
    encoding: 'utf8',
    timeout: npmStepMs,
  });
}
