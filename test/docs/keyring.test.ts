import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { atmos } from '../../src/cli/command-specs/root.ts';
import { findPath } from '../../src/cli/parse/words.ts';
import { exitCodeOf } from '../../src/cli/report.ts';
import { AtmosError, keyringErrorCodes } from '../../src/core/errors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8');

test.each(keyringErrorCodes)('docs/keyring.md explains %s and how to fix it', (code) => {
  const row = page('keyring.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`${code}\` `));
  const cells = row?.split('|').map((cell) => cell.trim());
  expect(cells?.[2]).toBeTruthy();
  expect(cells?.[3]).toBeTruthy();
});

test('docs/keyring.md lists the exit codes', () => {
  const codes = keyringErrorCodes.map((code) => exitCodeOf(new AtmosError(code, '')));
  expect(codes.slice(0, -3).every((code) => code === 3)).toBe(true);
  expect(codes.slice(-3)).toEqual([1, 1, 2]);
});

test('docs/keyring.md lists every check of the doctor', () => {
  const checks = page('keyring.md').split('## What the doctor checks')[1] ?? '';
  const ids = sources('src/keyring', 'src/app', 'src/store', 'src/cli/commands')
    .flatMap((text) => [
      ...text.matchAll(/\b(?:ok|warning|problem|ofError|attempt)\(\s*'([a-z-]+)'/g),
    ])
    .map(([, id = '']) => id);
  expect(ids.length).toBeGreaterThan(20);
  for (const id of new Set(ids)) expect(checks).toContain(`\`${id}\``);
});

test.each(['keyring.md', 'security.md', 'platforms.md'])(
  'the commands in docs/%s exist',
  (name) => {
    const commands = [...page(name).matchAll(/\batmos (auth [a-z-]+(?: [a-z][a-z-]*)?)/g)]
      .map(([, words = '']) => words.split(' '))
      .concat(
        [...page(name).matchAll(/`keyring ([a-z]+)/g)].map(([, one = '']) => [
          'auth',
          'keyring',
          one,
        ]),
      );
    expect(commands.length).toBeGreaterThan(3);
    for (const words of commands) expect(words).toHaveLength(findPath(words, atmos).length - 1);
  },
);

test.each(['keyring.md', 'security.md', 'platforms.md'])('the links in docs/%s resolve', (name) => {
  const links = [...page(name).matchAll(/\]\(([^)]+)\)/g)];
  expect(links).not.toEqual([]);
  for (const [, target = ''] of links) {
    const [file = '', anchor] = target.split('#');
    const text = readFileSync(join(dirname(join(root, 'docs', name)), file || name), 'utf8');
    if (anchor !== undefined) expect(anchorsOf(text)).toContain(anchor);
  }
});

test('every case that docs/platforms.md names exists in a suite', () => {
  const named = [...page('platforms.md').matchAll(/the case "([^"]+)"/g)].map(
    ([, name = '']) => name,
  );
  const suites = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /[.]cases[.]ts$|item-cases[.]ts$|contract.keys[.]ts$/.test(path))
    .map((path) => readFileSync(join(root, 'test', path), 'utf8'))
    .join('');
  expect(named.length).toBeGreaterThan(3);
  for (const name of named) expect(suites).toContain(name);
});

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function sources(...directories: string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(join(root, directory, path), 'utf8')),
  );
}
