// Loaded before the program with --require: counts what a command does, and writes the counts as JSON
// to the file of COUNTED_CALLS when it exits.
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Socket } = require('node:net');

/**
 * @typedef {object} Counts
 * @property {number} derivations
 * @property {string[]} frames what is sent on Unix sockets: the operation of each message of the
 *   agent's protocol, `greeting` for one without
 * @property {string[]} directories each directory that is listed
 */

/** @type {Counts} */
const counts = { derivations: 0, frames: [], directories: [] };
const { writeFileSync } = fs;
const file = process.env['COUNTED_CALLS'] ?? '';
process.once('exit', () => writeFileSync(file, JSON.stringify(counts)));

for (const name of ['pbkdf2', 'pbkdf2Sync']) observe(crypto, name, () => (counts.derivations += 1));
for (const name of ['readdir', 'readdirSync', 'opendir', 'opendirSync'])
  observe(fs, name, (_, path) => counts.directories.push(String(path)));
for (const name of ['readdir', 'opendir'])
  observe(fs.promises, name, (_, path) => counts.directories.push(String(path)));

const unixSockets = new WeakSet();
observe(Socket.prototype, 'connect', (socket, ...given) => {
  // The arguments, or one list of them.
  const [target] = given.flat();
  if (typeof target === 'string' || typeof target.path === 'string') unixSockets.add(socket);
});
observe(Socket.prototype, 'write', (socket, data) => {
  if (unixSockets.has(socket)) counts.frames.push(...operationsIn(Buffer.from(data)));
});

/**
 * @param {Record<string, any>} object
 * @param {string} name of a method
 * @param {(receiver: any, ...given: any[]) => void} seen
 */
function observe(object, name, seen) {
  const original = object[name];
  object[name] = function observed(/** @type {unknown[]} */ ...given) {
    seen(this, ...given);
    return original.apply(this, given);
  };
}

/**
 * @param {Buffer} bytes messages, each after its length
 * @returns {string[]}
 */
function operationsIn(bytes) {
  if (bytes.length === 0) return [];
  const end = 4 + bytes.readUInt32BE(0);
  const { op = 'greeting' } = JSON.parse(bytes.toString('utf8', 4, end));
  return [op, ...operationsIn(bytes.subarray(end))];
}
