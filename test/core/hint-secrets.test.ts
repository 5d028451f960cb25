import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fishSyntax, formatHint, posixSyntax } from '../../src/core/format-hint.ts';
import { setVariable, typed, unlockHints, unsetVariable } from '../../src/core/hint.ts';

// A shell stores a secret in a command in its history. No hint tells the user to type one.

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

test('all sources and documents are read', () => {
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
])('a secret in a command is found: %s', (hint) => {
  expect(offencesIn(hint)).not.toEqual([]);
});

const keptOut = [
  ...unlockHints(true),
  setVariable('A_PASSWORD', typed),
  unsetVariable('ATMOS_KEYRING_PASSWORD'),
];

test.each(
  keptOut.flatMap((hint) => [posixSyntax, fishSyntax].map((shell) => formatHint(hint, shell))),
)('a command that keeps the secret out of the history is allowed: %s', (hint) => {
  expect(offencesIn(hint)).toEqual([]);
});

test.each([...sources, ...documents])('%s has no secret in a command', (path) => {
  expect(offencesIn(readFileSync(join(root, path), 'utf8'))).toEqual([]);
});

interface Assignment {
  readonly variable: string;
  readonly value: string;
}

/** The calls of setVariable with their arguments as in the source. */
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

test('every hint that sets a variable is read', () => {
  const texts = sources
    .filter((path) => !path.endsWith('hint.ts'))
    .map((path) => readFileSync(join(root, path), 'utf8'));
  const calls = texts.flatMap((text) => [...text.matchAll(/\bsetVariable\(/g)]);
  expect(assignments).toHaveLength(calls.length);
});

test('a secret variable is typed at a prompt of the shell, or random', () => {
  const ofSecrets = assignments.filter(({ variable }) =>
    /(PASSWORD|PASSPHRASE|SECRET\w*|TOKEN|KEY)'$/.test(variable),
  );
  expect(ofSecrets.filter(({ value }) => value !== 'typed' && value !== 'random')).toEqual([]);
});

test('a variable whose name is unknown until run time has no literal value', () => {
  const named = assignments.filter(({ variable }) => !variable.startsWith("'"));
  const isHarmless = (value: string) => ['typed', 'random', 'placeholder('].includes(value);
  // The value is a placeholder for a directory or a file, or the hosts that need no proxy.
  const known = ['directoryOfYourOwn', 'place', 'hosts'];
  expect(named.filter(({ value }) => !isHarmless(value) && !known.includes(value))).toEqual([]);
});

test('only the functions that format hints and environments write assignments', () => {
  const writing = sources.filter((path) =>
    /`(export|set -gx) \$\{/.test(readFileSync(join(root, path), 'utf8')),
  );
  // `auth env` prints such commands for a shell, which evaluates them without storing them in its
  // history.
  expect(writing.toSorted()).toEqual(['src/cli/shell-format.ts', 'src/core/format-hint.ts']);
});
