// Runs dependency-cruiser over src/ and checks what its rules cannot express: that it read every
// file, that only one file imports each npm package, that only registries import kinds, and where
// certain names are allowed. test/architecture/known-violations.json lists the current violations.
// It may only shrink.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import configuration from '../.dependency-cruiser.mjs';
import { inPlace } from './places.mjs';

const knownFile = 'test/architecture/known-violations.json';

/** Files to which the rules of architecture.oxlintrc.json do not apply. */
const allowedPlaces = {
  'atmos(no-cloud-fields)': inPlace(
    'clouds/',
    'core/(credentials|variables)[.]ts$',
    'store/envelope[.]ts$',
    'create-auth[.]ts$',
  ),
  'atmos(no-platform)': inPlace('host/', 'keyring/system/'),
};

const { forbidden = [], options = {} } = configuration;
const { output } = await cruise(['src'], { ...options, validate: true, ruleSet: { forbidden } });
const { modules, summary } = /** @type {import('dependency-cruiser').ICruiseResult} */ (output);

const sources = modules.filter((module) => module.source.startsWith('src/'));
const found = new Set([
  ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  ...kindProblems(),
  ...doorProblems(),
  ...unreadProblems(),
  ...lintProblems(),
]);
/** @type {string[]} */
const known = existsSync(knownFile) ? JSON.parse(readFileSync(knownFile, 'utf8')) : [];
const problems = [
  ...[...found].filter((violation) => !known.includes(violation)),
  ...known
    .filter((violation) => !found.has(violation))
    .map((violation) => `no longer found, remove it from ${knownFile}: ${violation}`),
];
for (const problem of problems) console.error(problem);
const rest = known.length > 0 ? `, ${known.length} known violations` : '';
console.log(`architecture: ${sources.length} files, ${problems.length} problems${rest}`);
if (problems.length > 0) process.exitCode = 1;

// A kind is a module that clouds/registry loads with import().
function kindProblems() {
  const registry = inPlace('clouds/registry[.]ts$');
  const kinds = sources
    .filter(({ source }) => new RegExp(registry).test(source))
    .flatMap(({ dependencies }) => dependencies)
    .filter(({ dynamic }) => dynamic)
    .map(({ resolved }) => resolved);
  return sources
    .filter(({ source }) => !new RegExp(registry).test(source))
    .flatMap(({ source, dependencies }) =>
      dependencies
        .filter(({ resolved }) => kinds.includes(resolved))
        .map(({ resolved }) => `registry-names-kinds: ${source} -> ${resolved}`),
    );
}

function lintProblems() {
  const args = ['-c', 'scripts/architecture.oxlintrc.json', '--format=json', 'src'];
  const oxlint = spawnSync(process.execPath, ['node_modules/oxlint/bin/oxlint', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  /** @type {{ diagnostics: { code: keyof typeof allowedPlaces, filename: string }[] }} */
  const { diagnostics } = JSON.parse(oxlint.stdout);
  return diagnostics
    .filter(({ code, filename }) => !new RegExp(allowedPlaces[code]).test(filename))
    .map(({ code, filename }) => `${code}: ${filename}`);
}

// Without @swc/core next to TypeScript 7, dependency-cruiser would read nothing and every rule
// would pass.
function unreadProblems() {
  const read = new Set(sources.map(({ source }) => source));
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `src/${name.replaceAll('\\', '/')}`)
    .filter((file) => !read.has(file))
    .map((file) => `cruised-all: ${file} was not read`);
}

function doorProblems() {
  /** @type {Map<string, Set<string>>} */
  const doors = new Map();
  for (const { source, dependencies } of sources) {
    for (const { module, dependencyTypes } of dependencies) {
      if (!dependencyTypes.some((type) => type.startsWith('npm'))) continue;
      const name = module
        .split('/')
        .slice(0, module.startsWith('@') ? 2 : 1)
        .join('/');
      doors.set(name, (doors.get(name) ?? new Set()).add(source));
    }
  }
  return [...doors]
    .filter(([, files]) => files.size > 1)
    .map(([name, files]) => `one-door: ${name} is imported by ${[...files].sort().join(', ')}`);
}
