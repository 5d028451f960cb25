import { isObject } from '../../core/json.ts';

/**
 * A value of JSON as lines of YAML: maps as blocks, everything else as JSON, which is also YAML, so
 * that no text can be read as another type.
 */
export function formatYaml(value: unknown): string[] {
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) return [scalar(value)];
  return entries.flatMap(([key, field]) => {
    const lines = formatYaml(field);
    const isBlock = isObject(field) && Object.keys(field).length > 0;
    if (!isBlock) return [`${keyOf(key)}: ${lines.join('')}`];
    return [`${keyOf(key)}:`, ...lines.map((line) => `  ${line}`)];
  });
}

/** Quoted, except for the names of fields, all of which are plain words. */
function keyOf(key: string): string {
  return /^[a-z]+_?[a-z]+$/.test(key) && !/^(y|n|yes|no|on|off|true|false|null)$/.test(key)
    ? key
    : scalar(key);
}

/** YAML does not allow the two characters that JSON leaves as they are. */
function scalar(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16)}`,
  );
}
