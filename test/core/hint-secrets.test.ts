import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSecretCommand, unlockHints } from '../../src/core/hint.ts';

// A secret in a command ends in the history of the shell. No hint of ours tells a user to type one.

const root = fileURLToPath(new URL('../..', import.meta.url));

function filesBelow(directory: string, ending: RegExp): string[] {
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(directory, name));
}

const secret = '(PASSWORD|PASSPHRASE|SECRET\\w*|SESSION_TOKEN)';
const offences: Readonly<Record<string, RegExp>> = {
  'a variable of a secret that is set by a command': new RegExp(
    `(export|set|setx|\\$env:)\\s*(-\\w+\\s+)*\\w*${secret}\\s*=(?!=)`,
  ),
  'the same before a command': new RegExp(`\\b[A-Z_]*${secret}=[^\\s'"\`]+ atmos`),
  'a secret to fill in': /<(the |your |new )*(password|passphrase|secret|secret access key)>/i,
  'an option with a secret': /--(password|passphrase|secret-access-key)[ =]\S/,
};

function offencesIn(text: string): string[] {
  return Object.entries(offences).flatMap(([what, pattern]) =>
    pattern.test(text) ? [`${what}: ${pattern.exec(text)?.[0]}`] : [],
  );
}

const sources = filesBelow('src', /\.ts$/);
const documents = [
  'README.md',
  ...filesBelow('docs', /\.md$/).filter((path) => !path.startsWith('docs/adr')),
  ...filesBelow('examples', /\.(md|sh|yaml)$/),
];

test('reads all sources and documents', () => {
  expect(sources.length).toBeGreaterThan(200);
  expect(documents.length).toBeGreaterThan(10);
});

test.each([
  'export ATMOS_KEYRING_PASSWORD=<password>',
  'export AWS_SECRET_ACCESS_KEY=x',
  "$env:ATMOS_KEYRING_PASSWORD = 'x'",
  'ATMOS_KEYRING_PASSWORD=x atmos auth login',
  'atmos x --password y',
  'the <password>',
])('finds one: %s', (hint) => {
  expect(offencesIn(hint)).not.toEqual([]);
});

test.each([...unlockHints(true), readSecretCommand('A_PASSWORD'), 'unset ATMOS_KEYRING_PASSWORD'])(
  'allows what keeps it out of the history: %s',
  (hint) => {
    expect(offencesIn(hint)).toEqual([]);
  },
);

test.each([...sources, ...documents])('%s has none', (path) => {
  expect(offencesIn(readFileSync(join(root, path), 'utf8'))).toEqual([]);
});

test('a variable whose name is only known at run time is set by the one function for it', () => {
  // The names that are passed to setCommand stand in the sources, so that the test above reads them.
  const dynamic = sources.filter((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    return /`export \$\{/.test(text) || /setCommand\((?!\s*'|name: string)/.test(text);
  });
  // What `auth env` prints is its product, which a shell reads and no history keeps; an endpoint and a
  // directory are no secrets.
  const allowed = [
    'src/cli/shell-format.ts',
    'src/clouds/aws/user-settings.ts',
    'src/core/hint.ts',
    'src/host/home.ts',
  ];
  expect(dynamic.toSorted()).toEqual(allowed);
  for (const path of sources) {
    const text = readFileSync(join(root, path), 'utf8');
    const names = [...text.matchAll(/setCommand\(\s*'(\w+)'/g)].map(([, name = '']) => name);
    expect(names.filter((name) => /(PASSWORD|PASSPHRASE|SECRET|TOKEN)$/.test(name))).toEqual([]);
  }
});
