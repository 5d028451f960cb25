import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fishSyntax, formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import { setVariable, typed, unlockHints, unsetVariable } from '../../src/core/hint.ts';

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
  'a secret to fill in':
    /(<|placeholder\(')(the |your |new )*(password|passphrase|secret|secret access key)(>|'\))/i,
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
  "setVariable('X', placeholder('your password'))",
])('finds one: %s', (hint) => {
  expect(offencesIn(hint)).not.toEqual([]);
});

const keptOut = [
  ...unlockHints(true),
  setVariable('A_PASSWORD', typed),
  unsetVariable('ATMOS_KEYRING_PASSWORD'),
];

test.each(
  keptOut.flatMap((hint) => [posixSyntax, fishSyntax].map((shell) => formatHint(hint, shell))),
)('allows what keeps it out of the history: %s', (hint) => {
  expect(offencesIn(hint)).toEqual([]);
});

test.each([...sources, ...documents])('%s has none', (path) => {
  expect(offencesIn(readFileSync(join(root, path), 'utf8'))).toEqual([]);
});

interface Assignment {
  readonly variable: string;
  readonly value: string;
}

/** The calls of setVariable, as they are written. */
function assignmentsIn(text: string): Assignment[] {
  const calls = text.matchAll(
    /\bsetVariable\(\s*([\w.]+|'[^']*'|`[^`]*`),\s*(\w+\(|'[^']*'|[\w.?']+)/g,
  );
  return [...calls].map(([, variable = '', value = '']) => ({ variable, value }));
}

const assignments = sources
  .filter((path) => !path.endsWith('hint.ts'))
  .flatMap((path) =>
    assignmentsIn(readFileSync(join(root, path), 'utf8')).map((one) => ({ path, ...one })),
  );

test('reads every hint that sets a variable', () => {
  const texts = sources
    .filter((path) => !path.endsWith('hint.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'));
  const calls = texts.flatMap((text) => [...text.matchAll(/\bsetVariable\(/g)]);
  expect(assignments).toHaveLength(calls.length);
});

test('a variable of a secret is typed when the shell asks, or random', () => {
  const ofSecrets = assignments.filter(({ variable }) =>
    /(PASSWORD|PASSPHRASE|SECRET\w*|TOKEN|KEY)'$/.test(variable),
  );
  expect(ofSecrets.filter(({ value }) => value !== 'typed' && value !== 'random')).toEqual([]);
});

test('a variable whose name is only known at run time gets no value that the hint names', () => {
  const named = assignments.filter(({ variable }) => !variable.startsWith("'"));
  const isHarmless = (value: string) => ['typed', 'random', 'placeholder('].includes(value);
  // The value is a placeholder of a directory or a file.
  const known = ['directoryOfYourOwn', 'place'];
  expect(named.filter(({ value }) => !isHarmless(value) && !known.includes(value))).toEqual([]);
});

test('only the functions that write hints and environments make commands of variables', () => {
  const writing = sources.filter((path) =>
    /`(export|set -gx) \$\{/.test(readFileSync(join(root, path), 'utf8')),
  );
  // What `auth env` prints is its product, which a shell reads and no history keeps.
  expect(writing.toSorted()).toEqual(['src/cli/shell-format.ts', 'src/core/format-hint.ts']);
});
