import { readFileSync } from 'node:fs';

/** @typedef {import('./load-sources.mjs').Sources} Sources */
/** @typedef {import('../../src/core/validate.ts').About} About */

/**
 * The content of a schema: a map of keys, a map from names, a list, or a plain value.
 *
 * @typedef {object} Described
 * @property {About} [about]
 * @property {boolean} [isOptional]
 * @property {Record<string, unknown>} [entries]
 * @property {unknown} [value] of each name
 * @property {unknown} [item] of the list
 */

const template = new URL('configuration.template.md', import.meta.url);

/**
 * Generates docs/configuration.md: its template, with a table in place of each of these comments:
 * `<!-- keys: auth.keyring -->`, `<!-- keys: auth, without those below -->`, `<!-- keys of the
 * kind: aws/user -->`.
 *
 * @param {Sources} sources
 * @returns {Promise<string>}
 */
export async function createPage(sources) {
  const schemasOfKinds = new Map();
  for (const kind of sources.identityKinds) {
    const { schemas } = await sources.kindOf({ name: kind, kind, locate: () => '' });
    schemasOfKinds.set(kind, schemas);
  }
  for (const kind of sources.providerKinds) {
    const tagAt = () => undefined;
    const { schema } = await sources.providerKindOf({ name: kind, kind, locate: () => '', tagAt });
    schemasOfKinds.set(kind, describe(schema).entries);
  }
  return readFileSync(template, 'utf8')
    .replaceAll(/<!-- keys: ([\w.*]*)(, without those below)? -->/g, (_, path, without) => {
      const { entries = {} } = find(sources.settingsSchema, path.split('.').filter(Boolean));
      return table(rowsOf(entries, without === undefined));
    })
    .replaceAll(/<!-- keys of the kind: (\S+) -->/g, (_, kind) => {
      const parts = Object.entries(schemasOfKinds.get(kind));
      return table(
        parts.flatMap(([part, schema]) => rowsOf(describe(schema).entries ?? {}, true, `${part}.`)),
      );
    });
}

/**
 * @param {unknown} schema
 * @param {string[]} path `*` for a name
 * @returns {Described}
 */
function find(schema, [key, ...rest]) {
  const described = describe(schema);
  if (key === undefined) return described;
  const next = key === '*' ? described.value : described.entries?.[key];
  if (next === undefined) throw new Error(`the schema has no ${key}`);
  return find(next, rest);
}

/**
 * @param {any} schema of valibot, in the form that src/core/validate.ts makes
 * @returns {Described}
 */
function describe(schema) {
  if (schema.type === 'exact_optional') return { ...describe(schema.wrapped), isOptional: true };
  if (schema.type === 'metadata') return { about: schema.metadata };
  if ('pipe' in schema) return Object.assign({}, ...schema.pipe.map(describe));
  const { entries, value, item } = schema;
  return Object.fromEntries(
    Object.entries({ entries, value, item }).filter(([, part]) => part !== undefined),
  );
}

/**
 * @param {Record<string, unknown>} entries
 * @param {boolean} isDeep whether the keys of nested maps are included
 * @param {string} [prefix]
 * @returns {string[][]}
 */
function rowsOf(entries, isDeep, prefix = '') {
  return Object.entries(entries).flatMap(([key, schema]) => {
    const described = describe(schema);
    const { about, item } = described;
    if (about === undefined) throw new Error(`${prefix}${key} is not described`);
    const name = `${prefix}${key}`;
    const row = [
      code(name),
      about.description,
      defaultOf(described),
      about.environment ? code(about.environment) : '',
    ];
    if (!isDeep) return [row];
    const inner = described.entries ?? (item === undefined ? undefined : describe(item).entries);
    const below = item === undefined ? `${name}.` : `${name}[].`;
    return [row, ...rowsOf(inner ?? {}, true, below)];
  });
}

/** @param {Described} described */
function defaultOf({ about, isOptional }) {
  if (!isOptional) return 'required';
  if (about?.default !== undefined) return code(String(about.default));
  return about?.otherwise ?? '';
}

/** @param {string} text */
function code(text) {
  return `\`${text}\``;
}

/** @param {readonly (readonly string[])[]} rows */
function table(rows) {
  const head = ['key', 'meaning', 'default', 'overridden by'];
  const lines = [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return lines.join('\n');
}
