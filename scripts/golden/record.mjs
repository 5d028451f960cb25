// Runs a scenario and returns its transcript.
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { changesOf, readFiles } from './files.mjs';
import { openMachine } from './machine.mjs';
import { createNormalize } from './normalize.mjs';
import { secretsIn } from './secrets.mjs';

/**
 * @import { Change } from './files.mjs'
 * @import { Machine, Result, Start } from './machine.mjs'
 *
 * @typedef {object} Options of one command
 * @property {Readonly<Record<string, string | undefined>>} [env]
 * @property {string} [input]
 * @property {string} [cwd] from the project; default: the project
 * @property {boolean} [showsSecrets] that printing them is its purpose
 *
 * @typedef {object} Scene what a scenario works with. Paths are relative to the project.
 * @property {Machine} machine
 * @property {(command: string | readonly string[], options?: Options) => Promise<Result>} atmos
 * @property {(script: string, options?: Options) => Promise<Result>} shell
 * @property {(text: string) => void} say a line for the reader
 * @property {(path: string, text: string, mode?: number) => void} write
 * @property {(path: string, text: string, mode?: number) => void} writeSecret without its content
 * @property {(path: string, target: string) => void} link
 * @property {(path: string) => void} directory
 * @property {(path: string, mode: number) => void} chmod
 * @property {(from: string, to: string) => void} copy
 * @property {(path: string) => void} remove
 * @property {(hours: number) => void} advance the clock
 * @property {(change: () => void) => void} prepare changes files without a word in the transcript
 *
 * @typedef {{ title: string, hasMfa?: boolean, run: (scene: Scene) => Promise<void> }} Scenario
 */

const hourMs = 60 * 60 * 1000;

/**
 * @param {string} name
 * @param {Scenario} scenario
 * @param {string} program
 * @returns {Promise<string>}
 */
export async function recordScenario(name, { title, hasMfa = false, run }, program) {
  const machine = await openMachine(program, { hasMfa });
  try {
    const { scene, text } = openScene(machine);
    scene.say(title);
    await run(scene);
    return text();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`scenario ${name}: ${reason}`, { cause: error });
  } finally {
    await machine.close();
  }
}

/**
 * @param {Machine} machine
 * @returns {{ scene: Scene, text: () => string }}
 */
function openScene(machine) {
  const { home, project, runtime } = machine;
  const normalize = createNormalize(machine);
  const look = () => readFiles([home, runtime]);
  let files = look();
  /** @type {string[]} */
  const parts = [];
  /** @param {string} text */
  const add = (text) => parts.push(normalize(text));
  const at = (/** @type {string} */ path) => join(project, path);

  /**
   * Records a change that the scenario makes itself.
   *
   * @param {string} text
   * @param {() => void} change
   */
  const prepare = (text, change) => {
    change();
    if (text !== '') add(text);
    files = look();
  };
  /** @type {(path: string, text: string, mode: number | undefined) => void} */
  const put = (path, text, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };

  /**
   * @param {string} shown
   * @param {Pick<Start, 'file' | 'args'>} started
   * @param {Options} options
   */
  async function run(shown, { file, args }, { env = {}, input = '', cwd = '.', showsSecrets }) {
    const result = await machine.run({ file, args, env, input, cwd: at(cwd) });
    const after = look();
    const changes = changesOf(files, after);
    files = after;
    const text = [
      prefixed('out', normalize(result.stdout)),
      prefixed('err', normalize(result.stderr)),
      `exit ${result.signal ?? result.exitCode}\n`,
      formatChanges(changes, normalize),
    ].join('');
    if (!showsSecrets) checkSecrets(shown, result, changes);
    add(`${prefixOf(env, cwd, project)}${shown}${input === '' ? '' : ' < input'}\n${text}`);
    return result;
  }

  /** @type {Scene} */
  const scene = {
    machine,
    atmos: (command, options = {}) => {
      const args = typeof command === 'string' ? command.split(' ') : [...command];
      const shown = ['atmos', ...args].map(shellWord).join(' ');
      return run(shown, { file: process.execPath, args: [machine.program, ...args] }, options);
    },
    shell: (script, options = {}) =>
      run(`sh -c ${shellWord(script)}`, { file: '/bin/sh', args: ['-c', script] }, options),
    say: (text) => add(`# ${text}\n`),
    write: (path, text, mode) =>
      prepare(`# ${at(path)} is now:\n${prefixed(' ', text)}`, () => put(path, text, mode)),
    writeSecret: (path, text, mode) =>
      prepare(`# ${at(path)} holds a secret\n`, () => put(path, text, mode)),
    link: (path, target) =>
      prepare(`# ${at(path)} is a link to ${target}\n`, () => symlinkSync(target, at(path))),
    directory: (path) =>
      prepare(`# ${at(path)} is a directory\n`, () => mkdirSync(at(path), { recursive: true })),
    chmod: (path, mode) =>
      prepare(`# ${at(path)} has mode ${mode.toString(8)}\n`, () => chmodSync(at(path), mode)),
    copy: (from, to) =>
      prepare(`# ${at(to)} is a copy of ${at(from)}\n`, () =>
        cpSync(at(from), at(to), { recursive: true }),
      ),
    remove: (path) =>
      prepare(`# ${at(path)} is removed\n`, () => rmSync(at(path), { recursive: true })),
    prepare: (change) => prepare('', change),
    advance: (hours) => prepare(`# ${hours} h later\n`, () => machine.advance(hours * hourMs)),
  };
  return { scene, text: () => parts.join('\n') };
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} cwd
 * @param {string} project
 */
function prefixOf(env, cwd, project) {
  const set = Object.entries(env).map(([name, value]) =>
    value === undefined ? `-u ${name}` : `${name}=${shellWord(value)}`,
  );
  const place = cwd === '.' ? '' : `cd ${shellWord(relative(project, join(project, cwd)))}; `;
  return `$ ${place}${set.length === 0 ? '' : `env ${set.join(' ')} `}`;
}

/**
 * @param {string} command
 * @param {Result} result
 * @param {readonly Change[]} changes
 */
function checkSecrets(command, { stdout, stderr }, changes) {
  const files = changes.map(({ path, content = '' }) => `${path}\n${content}\n`);
  const secrets = secretsIn([stdout, stderr, ...files].join('\n'));
  if (secrets.length > 0) throw new Error(`"${command}" shows a secret: ${secrets.join(', ')}`);
}

/**
 * @param {readonly Change[]} changes
 * @param {(text: string) => string} normalize
 */
function formatChanges(changes, normalize) {
  return changes
    .map(({ mark, path, kind, content = '' }) => {
      const head = `${mark} ${normalize(path)} (${kind})\n`;
      const isShown = content !== '' && !isEncrypted(content) && !isRandom(path, content);
      return isShown ? `${head}${prefixed(' ', normalize(content))}` : head;
    })
    .toSorted()
    .join('');
}

/** @param {string} content */
function isEncrypted(content) {
  return /^eyJ[\w-]+(\.[\w-]*){4}\s*$/.test(content);
}

/**
 * A lock file contains the last process that took it, and an example generates its own password.
 *
 * @param {string} path
 * @param {string} content
 */
function isRandom(path, content) {
  return (
    /\/(\.state\/lock|atmos\/lock|locks\/[^/.]+|[^/]+\.lock)$/.test(path) ||
    /^[\w+/]{43}=\n$/.test(content)
  );
}

/**
 * Each line with a prefix; a line that ends with a space is marked with `$`.
 *
 * @param {string} prefix
 * @param {string} text
 */
function prefixed(prefix, text) {
  if (text === '') return '';
  const lines = text.split('\n');
  const last = lines.pop();
  const marked = lines.map((line) => {
    if (line === '') return `${prefix}|\n`;
    return `${prefix}| ${line}${/\s$/.test(line) ? '$' : ''}\n`;
  });
  return (
    marked.join('') + (last ? `${prefix}| ${last}\n${prefix}\\ no line break at the end\n` : '')
  );
}

/** @param {string} word */
function shellWord(word) {
  return /^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
