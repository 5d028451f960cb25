import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import configuration from '../../.dependency-cruiser.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = ['docs/architecture.md', 'docs/where.md'];

/** The first part of a path in the repository. `dist/` exists only after a build. */
const isPath = (span: string) =>
  /^([.]?(src|test|scripts|docs|schema|bench|examples|ci|github)\/|[.](dependency|oxlintrc))/.test(
    span,
  );

describe.each(pages)('%s', (page) => {
  test('names only files and folders that exist', () => {
    const paths = read(page).split('\n').flatMap(pathsIn);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  test('names each function in the row of a file that contains it', () => {
    const missing = tableRows(page).flatMap((cells) => {
      const row = cells.join('|');
      const sources = pathsIn(row).filter((path) => path.endsWith('.ts') && exists(path));
      const text = sources.map(read).join('\n');
      const names = spansIn(row).flatMap((span) => /^(\w+)\(\)$/.exec(span)?.[1] ?? []);
      return sources.length === 0
        ? []
        : names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    });
    expect(missing).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  test('has a row for every file and folder directly in src', () => {
    const modules = tableRows('docs/architecture.md', '## Modules').map(([folder = '']) => folder);
    const inSource = readdirSync(join(root, 'src')).map((name) => {
      const path = `src/${name}`;
      return statSync(join(root, path)).isDirectory() ? `\`${path}/\`` : `\`${path}\``;
    });
    expect(inSource.filter((path) => !modules.includes(path))).toEqual([]);
  });

  test('has the import table that the check uses', () => {
    const table = tableRows('docs/architecture.md', '## Who may import whom').slice(0, 11);
    const said = table.flatMap(([folders = '', allowed = '']) =>
      spansIn(folders).map((folder) => [folder, allowed === '–' ? [] : allowed.split(', ').sort()]),
    );
    const checked = importers().map((importer) => [importer, allowedFor(importer)]);
    expect(Object.fromEntries(said)).toEqual(Object.fromEntries(checked));
  });
});

function exists(path: string): boolean {
  return existsSync(join(root, path));
}

function spansIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
}

/**
 * The paths in a line. In the row of a folder, file and folder names are relative to that folder.
 */
function pathsIn(line: string): string[] {
  const folder = /^\| `(src\/[^`]*\/)`/.exec(line)?.[1];
  return spansIn(line).flatMap((span) => {
    if (isPath(span)) return [span];
    const isInFolder = folder !== undefined && /^[a-z][a-z/-]*([.]ts|\/)$/.test(span);
    return isInFolder ? [folder + span] : [];
  });
}

/** The cells of the tables of a page or of one of its sections, without the header rows. */
function tableRows(page: string, heading?: string): string[][] {
  const text = read(page);
  const section = heading === undefined ? text : (text.split(heading)[1] ?? '').split('\n## ')[0];
  const lines = (section ?? '').split('\n');
  return lines
    .filter((line, at) => line.startsWith('|') && !isHead(lines, at))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

function isHead(lines: readonly string[], at: number): boolean {
  const isRule = (line = '') => /^\|[ |-]+$/.test(line);
  return isRule(lines[at]) || isRule(lines[at + 1]);
}

/** The folders as the table names them: `core/`, `main.ts`. */
function importers(): string[] {
  return readdirSync(join(root, 'src'), { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `${entry.name}/` : entry.name,
  );
}

/** What the dependency-cruiser rules let a folder import, as the table writes it. */
function allowedFor(importer: string): string[] {
  const from = importer.endsWith('/') ? `src/${importer}any.ts` : `src/${importer}`;
  const folders = importers().flatMap((name) => (name.endsWith('/') ? [name.slice(0, -1)] : []));
  return folders
    .filter((folder) => `${folder}/` !== importer)
    .flatMap((folder) => {
      if (mayImport(from, `src/${folder}/any.ts`)) return [folder];
      const isContractOnly = ['contract', 'registry'].every((name) =>
        mayImport(from, `src/${folder}/${name}.ts`),
      );
      return isContractOnly ? [`${folder} (contract and registry only)`] : [];
    })
    .sort();
}

function mayImport(from: string, to: string): boolean {
  const rules = (configuration.forbidden ?? []).filter(({ name }) => name?.endsWith('-imports'));
  return !rules.some((rule) => {
    if (!('to' in rule)) return false;
    const { path, pathNot } = rule.to;
    return matches(rule.from.path, from) && matches(path, to) && !matches(pathNot, to);
  });
}

function matches(pattern: string | string[] | undefined, path: string): boolean {
  return [pattern ?? []].flat().some((one) => new RegExp(one).test(path));
}
