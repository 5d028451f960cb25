// The public interface of the package and of its JSON output as text: the declarations of every
// export, and the keys and types of every JSON output in the golden transcripts. Both are stored in
// test/architecture/, where a test compares them, so that every change of either is deliberate.
//
//   node scripts/public-surface.mjs write both texts again
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The exports of the package, by the file that declares them. */
const entries = {
  'atmos-auth': 'src/index.d.ts',
  'atmos-auth/keyring': 'src/keyring/index.d.ts',
  'atmos-auth/testing': 'test/contract/index.d.ts',
};

/** Variables, because the keys of some outputs are data. */
const variableName = /^[A-Z]{2}\w*$/;

const timestamp = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

export const surfaces = {
  declarations: {
    path: join(root, 'test/architecture/public-declarations.txt'),
    describe: describeDeclarations,
  },
  json: { path: join(root, 'test/architecture/json-outputs.txt'), describe: describeJsonOutputs },
};

if (argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, describe } of Object.values(surfaces)) writeFileSync(path, describe());
}

// ── declarations ─────────────────────────────────────────────────────────────────────────────────

/**
 * The declarations of all exports and of every type that they mention, sorted by name, without
 * comments. The declaring file of a name is not part of the interface.
 */
function describeDeclarations() {
  const directory = mkdtempSync(join(tmpdir(), 'public-declarations-'));
  try {
    const tsc = join(root, 'node_modules/typescript/lib/tsc.js');
    const options = ['--outDir', directory, '--removeComments'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [tsc, '-p', join(root, 'tsconfig.build.json'), ...options],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the declarations could not be written:\n${stdout}`);
    return Object.entries(entries)
      .map(([name, file]) => `# ${name}\n\n${declarationsOf(join(directory, file)).join('\n')}`)
      .join('\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * @typedef {object} Declared
 * @property {string} text
 * @property {readonly string[]} mentions names of the same file that the text mentions
 *
 * @typedef {object} DeclarationFile
 * @property {ReadonlyMap<string, Declared>} declared by name
 * @property {ReadonlyMap<string, { file: string, name: string }>} imported by the local name
 * @property {readonly string[]} exported
 *
 * @typedef {{ name: string }} Identifier
 *
 * What is read of a statement. Imports, and exports from another file, have a source.
 * @typedef {object} Statement
 * @property {string} type
 * @property {number} start
 * @property {number} end
 * @property {{ value: string } | null} [source]
 * @property {{ local: Identifier, imported?: Identifier, exported?: Identifier }[]} [specifiers]
 * @property {Statement | null} [declaration]
 * @property {Identifier} [id]
 * @property {{ id: Identifier }[]} [declarations]
 */

/** @param {string} entry the path of a declaration file */
function declarationsOf(entry) {
  /** @type {Map<string, DeclarationFile>} */
  const files = new Map();
  /** @param {string} path */
  const load = (path) => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const file = readDeclarations(path);
    files.set(path, file);
    return file;
  };
  /** @type {Map<string, string>} */
  const found = new Map();
  const start = load(entry);
  const pending = start.exported.map((name) => ({ path: entry, name }));
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const file = load(next.path);
    const imported = file.imported.get(next.name);
    if (imported !== undefined) {
      pending.push({ path: imported.file, name: imported.name });
      continue;
    }
    const declared = file.declared.get(next.name);
    // A name of the language or of Node.
    if (declared === undefined) continue;
    if (found.get(next.name) === declared.text) continue;
    found.set(next.name, declared.text);
    for (const name of declared.mentions) pending.push({ path: next.path, name });
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => `${text}\n`);
}

/**
 * @param {string} path
 * @returns {DeclarationFile}
 */
function readDeclarations(path) {
  const text = readFileSync(path, 'utf8');
  /** @type {Map<string, Declared>} */
  const declared = new Map();
  /** @type {Map<string, { file: string, name: string }>} */
  const imported = new Map();
  const exported = [];
  const statements = /** @type {Statement[]} */ (parseAst(text, { lang: 'dts' }).body);
  for (const statement of statements) {
    if (statement.source) {
      const { value } = statement.source;
      // A type that another package declares is not part of our interface.
      if (!value.startsWith('.')) continue;
      const file = join(dirname(path), value.replace(/\.[jt]s$/, '.d.ts'));
      for (const { local, imported: from, exported: to } of statement.specifiers ?? []) {
        imported.set((to ?? local).name, { file, name: (from ?? local).name });
        if (to) exported.push(to.name);
      }
      continue;
    }
    const declaration = statement.declaration ?? statement;
    const name = (declaration.id ?? declaration.declarations?.[0]?.id)?.name;
    if (name === undefined) continue;
    if (statement.type === 'ExportNamedDeclaration') exported.push(name);
    const source = text.slice(declaration.start, declaration.end);
    declared.set(name, { text: source, mentions: mentionsIn(source) });
  }
  return { declared, imported, exported };
}

/** The names of types are capitalized, those of values follow `typeof`. @param {string} source */
function mentionsIn(source) {
  return [...source.matchAll(/\b[A-Z][\w$]*|(?<=typeof )[\w$]+/g)].map(([name]) => name);
}

// ── JSON outputs ─────────────────────────────────────────────────────────────────────────────────

/**
 * One line for each key of each command's JSON: `auth whoami  expires_at  null|string`. The values of
 * all golden transcripts together make the types. Maps whose keys are data, such as variables, are
 * shown with `*`.
 */
function describeJsonOutputs() {
  /** @type {Map<string, Set<string>>} */
  const types = new Map();
  const directory = join(root, 'test/golden');
  for (const name of readdirSync(directory).toSorted()) {
    const transcript = readFileSync(join(directory, name), 'utf8');
    for (const { command, value } of jsonOutputs(transcript)) {
      for (const [path, type] of typesIn(value, '')) {
        const line = `${command}  ${path}`;
        types.set(line, (types.get(line) ?? new Set()).add(type));
      }
    }
  }
  const lines = [...types].map(([line, found]) => `${line}  ${[...found].toSorted().join('|')}`);
  return `${lines.toSorted().join('\n')}\n`;
}

/** @param {string} transcript */
function jsonOutputs(transcript) {
  return transcript
    .split(/^\$ /m)
    .slice(1)
    .flatMap((block) => {
      const [line = '', ...rest] = block.split('\n');
      const text = rest.filter((one) => one.startsWith('out|')).map((one) => one.slice(5));
      const value = parseJson(text.join('\n'));
      return value === undefined ? [] : [{ command: commandWords(line), value }];
    });
}

/** @param {string} text */
function parseJson(text) {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    // A process id, which a transcript replaces, is a number.
    return JSON.parse(text.replaceAll(': <pid>', ': 0'));
  } catch {
    return undefined;
  }
}

/** `auth keyring list` of `env A=b atmos auth keyring list --all`. @param {string} line */
function commandWords(line) {
  const words = line.split(' ');
  const after = words.slice(words.findIndex((word) => /^atmos(-auth)?$/.test(word)) + 1);
  const end = after.findIndex((word) => !/^[a-z]+(-[a-z]+)*$/.test(word));
  return after.slice(0, end === -1 ? undefined : end).join(' ');
}

/**
 * @param {unknown} value
 * @param {string} path
 * @returns {[string, string][]}
 */
function typesIn(value, path) {
  if (Array.isArray(value)) {
    return [[path || '.', 'array'], ...value.flatMap((one) => typesIn(one, `${path}[]`))];
  }
  if (value === null) return [[path, 'null']];
  if (typeof value === 'string') return [[path, timestamp.test(value) ? 'time' : 'string']];
  if (typeof value !== 'object') return [[path, typeof value]];
  const members = Object.entries(value).flatMap(([key, member]) =>
    typesIn(member, `${path}.${variableName.test(key) ? '*' : key}`),
  );
  return [[path || '.', 'object'], ...members];
}
