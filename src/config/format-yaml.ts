import type { YamlMap } from '../core/imported-config.ts';
import { replaceDeceptive } from '../core/printable.ts';

/** A map as lines of YAML, with two spaces for each level. Every text is read back as it is. */
export function formatMap(map: readonly (readonly [key: string, value: YamlValue])[]): string[] {
  return map.flatMap(([key, value]) => {
    if (typeof value !== 'object') return [`${formatScalar(key)}: ${formatScalar(value)}`];
    const entries = entriesOf(value);
    if (entries.length === 0) return [`${formatScalar(key)}: {}`];
    return [`${formatScalar(key)}:`, ...formatMap(entries).map((line) => `  ${line}`)];
  });
}

/** A map, or its entries in an order that the names do not change. */
export type YamlValue = YamlMap[string] | YamlEntries;

type YamlEntries = readonly (readonly [key: string, value: YamlValue])[];

export function entriesOf(value: YamlMap | YamlEntries): YamlEntries {
  return isEntries(value) ? value : Object.entries(value);
}

function isEntries(value: YamlMap | YamlEntries): value is YamlEntries {
  return Array.isArray(value);
}

/** The same in one line, which is allowed between braces. */
export function formatFlow(value: YamlValue): string {
  if (typeof value !== 'object') return quoted(value);
  const entries = entriesOf(value).map(([key, inner]) => `${quoted(key)}: ${formatFlow(inner)}`);
  return `{ ${entries.join(', ')} }`;
}

// Without the words and numbers that a version of YAML reads as another type.
const plain = /^[A-Za-z/](?:[\w./@+=-]|:(?=[\w./@+=:-]))*$/;
const words = /^(y|n|yes|no|on|off|true|false|null)$/i;

function formatScalar(value: string | boolean): string {
  const isPlain = typeof value === 'string' && plain.test(value) && !words.test(value);
  return isPlain ? value : quoted(value);
}

/** In double quotes, with the escapes that all versions of YAML have. */
function quoted(value: string | boolean): string {
  const json = replaceDeceptive(JSON.stringify(value), escaped);
  return json.replaceAll(/[\ufeff\ufffe\uffff]/g, escaped);
}

function escaped(char: string): string {
  const code = (char.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
