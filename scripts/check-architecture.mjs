// Runs dependency-cruiser over src/ and adds what its rules cannot say: that it read every file,
// and that each npm package has one door.
import { readdirSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import configuration from '../.dependency-cruiser.mjs';

const { forbidden = [], options = {} } = configuration;
const { output } = await cruise(['src'], { ...options, validate: true, ruleSet: { forbidden } });
const { modules, summary } = /** @type {import('dependency-cruiser').ICruiseResult} */ (output);

const sources = modules.filter((module) => module.source.startsWith('src/'));
const problems = [
  ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  ...doorProblems(),
  ...unreadProblems(),
];
for (const problem of problems) console.error(problem);
console.log(`architecture: ${sources.length} files, ${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;

// Without @swc/core beside TypeScript 7 it would read nothing, and every rule would pass.
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
