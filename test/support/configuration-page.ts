import { readFileSync } from 'node:fs';

type Page = 'configuration' | 'kinds';

/** The code blocks of a language in docs/configuration.md, or on another page. */
export function blocksOf(language: 'yaml' | 'json', name: Page = 'configuration'): string[] {
  const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, written]) => written === language)
    .map(([, , block = '']) => block);
}

/** The VS Code settings on the page. */
export function editorSettings(): Record<string, unknown> {
  return parsed('yaml.customTags');
}

/** The VS Code task on the page. */
export function problemPattern(): RegExp {
  const { tasks } = parsed('tasks') as {
    tasks: { problemMatcher: { pattern: { regexp: string } } }[];
  };
  return new RegExp(tasks[0]?.problemMatcher.pattern.regexp ?? '');
}

function parsed(key: string): Record<string, unknown> {
  const blocks = blocksOf('json').map((block) => JSON.parse(block) as Record<string, unknown>);
  const found = blocks.find((block) => key in block);
  if (found === undefined) throw new Error(`docs/configuration.md shows no JSON with ${key}`);
  return found;
}
