// The changes that a command made to the files of a machine.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Entry
 * @property {string} kind with the mode: `file 600`
 * @property {string} content of a file; the target of a link
 * @typedef {ReadonlyMap<string, Entry>} Files by path
 * @typedef {{ mark: '+' | '~' | '-', path: string, kind: string, content: string | undefined }} Change
 */

/**
 * Every entry below the directories.
 *
 * @param {readonly string[]} directories
 * @returns {Files}
 */
export function readFiles(directories) {
  /** @type {Map<string, Entry>} */
  const files = new Map();
  for (const directory of directories) {
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
      const path = join(directory, name);
      files.set(path, readEntry(path));
    }
  }
  return files;
}

/** @param {string} path */
function readEntry(path) {
  const stats = lstatSync(path);
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isSymbolicLink()) return { kind: 'link', content: readlinkSync(path) };
  if (stats.isDirectory()) return { kind: `directory ${mode}`, content: '' };
  if (stats.isFile()) return { kind: `file ${mode}`, content: readFileSync(path, 'utf8') };
  return { kind: `${stats.isSocket() ? 'socket' : 'other'} ${mode}`, content: '' };
}

/**
 * @param {Files} before
 * @param {Files} after
 * @returns {Change[]}
 */
export function changesOf(before, after) {
  /** @type {Change[]} */
  const changes = [];
  for (const [path, { kind, content }] of after) {
    const old = before.get(path);
    if (old === undefined) changes.push({ mark: '+', path, kind, content });
    else if (old.kind !== kind || old.content !== content)
      changes.push({ mark: '~', path, kind, content });
  }
  for (const [path, { kind }] of before) {
    if (!after.has(path)) changes.push({ mark: '-', path, kind, content: undefined });
  }
  return changes;
}
