/**
 * Objects as a list of YAML, one key a line. Values are written as JSON, which is YAML too, so that
 * no text in them can be read as anything else.
 */
export function formatYamlList(items: readonly object[]): string[] {
  if (items.length === 0) return ['[]'];
  return items.flatMap((item) =>
    formatYaml(item).map((line, at) => `${at === 0 ? '- ' : '  '}${line}`),
  );
}

/** An object as a map of YAML, as {@link formatYamlList}. */
export function formatYaml(item: object): string[] {
  return Object.entries(item).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
}
