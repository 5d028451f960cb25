// Replaces values that differ between runs, machines and versions by names in angle brackets.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withoutSecrets } from './secrets.mjs';

/** @import { Machine } from './machine.mjs' */

const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/**
 * @param {Machine} machine
 * @returns {(text: string) => string}
 */
export function createNormalize(machine) {
  const { root, home, project, runtime, program, sts } = machine;
  /** @type {readonly (readonly [string, string])[]} */
  const words = [
    [program, '<program>'],
    [process.execPath, '<node>'],
    [project, '<project>'],
    [home, '<home>'],
    [runtime, '<runtime>'],
    [root, '<root>'],
    [repository, '<repository>'],
    [realmOf(project), '<realm>'],
    [sts.url, '<sts>'],
    [new URL(sts.url).host, '<sts host>'],
    [version, '<version>'],
  ];
  /** @type {readonly (readonly [RegExp, string])[]} */
  const patterns = [
    [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'],
    [/\b[0-9a-f]{64}\b/g, '<sha256>'],
    [/\b[0-9a-f]{8}-\d+-\d+\.sock\b/g, '<keyring>.sock'],
    [/\b[0-9a-f]{32}\b/g, '<hex>'],
    [/\b((?:process|pid) )\d+\b/g, '$1<pid>'],
    [/("?\w*(?:pid|process_id)"?[:=] ?)\d+\b/g, '$1<pid>'],
    [/\b\d+ [KMGT]iB left\b/g, '<size> left'],
    // Encrypted with a new key each time.
    [/-----BEGIN AGE ENCRYPTED FILE-----[^-]*-----END AGE ENCRYPTED FILE-----/g, '<age file>'],
    // The stack of a failure: names of built files, and their columns.
    [/(?:^ *at .+\n)+/gm, '  at <stack>\n'],
  ];
  /** @type {Map<string, string>} */
  const handles = new Map();
  return (text) => {
    const named = words.reduce((whole, [from, to]) => whole.replaceAll(from, to), text);
    const masked = withoutSecrets(named);
    const shown = patterns.reduce((whole, [from, to]) => whole.replaceAll(from, to), masked);
    return shown.replaceAll(/(?<=handles\/|--handle )[a-z]{22}\b/g, (handle) => {
      if (!handles.has(handle)) handles.set(handle, `<handle ${handles.size + 1}>`);
      return handles.get(handle) ?? handle;
    });
  };
}

/**
 * The name that src/config/realm.ts derives from a directory.
 *
 * @param {string} directory
 */
function realmOf(directory) {
  return createHash('sha256').update(directory.toLowerCase()).digest('hex').slice(0, 16);
}
