// Finds words of scripts/words.mjs.
//
//   node scripts/check-words.mjs fails on texts that users read, counts all others
//   node scripts/check-words.mjs --report also lists findings in comments, test names, commit
//                                            subjects and decision records
//   node scripts/check-words.mjs --commits main..HEAD subjects of these instead of the last 20
//   node scripts/check-words.mjs --lower lowers the known counts to the current ones
//
// Users read the pages and the strings of src/. Known findings in those strings are counted by word
// in test/architecture/known-words.json: a count may only shrink.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseSync, Visitor } from 'rolldown/utils';
import { exceptions, words } from './words.mjs';

/**
 * @typedef {{ file: string, line: number, text: string }} Text
 * @typedef {Text & { word: import('./words.mjs').Word, found: string }} Finding
 */

const knownFile = 'test/architecture/known-words.json';

const { values: options } = parseArgs({
  options: {
    report: { type: 'boolean' },
    lower: { type: 'boolean' },
    commits: { type: 'string', default: '-20' },
  },
});

const sources = filesIn('src', /[.]ts$/).map(readSource);
const others = [...filesIn('test', /[.](ts|mjs)$/), ...filesIn('scripts', /[.]mjs$/)].map(
  readSource,
);
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].filter((file) => existsSync(file)),
  ...filesIn('docs', /[.]md$/),
  ...filesIn('examples', /[.](md|ya?ml|sh)$/),
  ...filesIn('.github', /[.](md|ya?ml)$/),
];
// A decision record is not edited: a new record replaces it.
const isRecord = (/** @type {string} */ file) => file.startsWith('docs/adr/');

const inPages = pages
  .filter((file) => !isRecord(file))
  .flatMap(linesOfPage)
  .flatMap(findWords);
const inStrings = sources.flatMap(({ strings }) => strings).flatMap(findWords);
const reported = {
  comments: [...sources, ...others].flatMap(({ comments }) => comments).flatMap(findWords),
  'test names': others.flatMap(({ names }) => names).flatMap(findWords),
  'commit subjects': commitSubjects().flatMap(findWords),
  'decision records': pages.filter(isRecord).flatMap(linesOfPage).flatMap(findWords),
};

/** @type {Record<string, number>} */
const known = existsSync(knownFile) ? JSON.parse(readFileSync(knownFile, 'utf8')) : {};
const counted = words.map(({ name }) => ({
  name,
  findings: inStrings.filter(({ word }) => word.name === name),
  limit: known[name] ?? 0,
}));

if (options.lower) {
  const lowered = counted
    .map(
      ({ name, findings, limit }) =>
        /** @type {const} */ ([name, Math.min(findings.length, limit)]),
    )
    .filter(([, count]) => count > 0);
  writeFileSync(knownFile, `${JSON.stringify(Object.fromEntries(lowered), null, 2)}\n`);
}

const problems = [
  ...inPages.map(describe),
  ...counted
    .filter(({ findings, limit }) => findings.length > limit)
    .flatMap(({ findings, limit, name }) => [
      ...findings.map(describe),
      ...(limit > 0 ? [`"${name}" is in ${findings.length} strings, ${limit} are known`] : []),
    ]),
  ...counted
    .filter(({ findings, limit }) => findings.length < limit && !options.lower)
    .map(({ name }) => `fewer than known: "${name}": node scripts/check-words.mjs --lower`),
  ...unusedExceptions(),
];
for (const problem of problems) console.error(problem);
if (options.report) {
  for (const finding of Object.values(reported).flat()) console.log(describe(finding));
}
const total = Object.entries(reported).map(([kind, { length }]) => `${length} in ${kind}`);
const rest = Object.values(known).reduce((sum, count) => sum + count, 0);
console.log(`words: ${problems.length} problems, ${rest} known; reported: ${total.join(', ')}`);
if (problems.length > 0) process.exitCode = 1;

/** @param {Finding} finding */
function describe({ file, line, word, found }) {
  return `${file}:${line}: "${found}": write ${word.write}`;
}

/**
 * @param {Text & { code?: string }} text
 * @returns {Finding[]}
 */
function findWords({ file, line, text, code = text }) {
  return words.flatMap((word) => {
    const searched = word.isCode ? code : text;
    const [found] = word.pattern.exec(searched) ?? [];
    if (found === undefined || isAllowed(file, searched)) return [];
    return [{ file, line, text: searched, word, found }];
  });
}

/**
 * @param {string} file
 * @param {string} text
 */
function isAllowed(file, text) {
  return exceptions.some((one) => one.file === file && text.includes(one.text));
}

function unusedExceptions() {
  return exceptions
    .filter(({ file, text }) => !existsSync(file) || !readFileSync(file, 'utf8').includes(text))
    .map(({ file, text }) => `scripts/words.mjs allows "${text}", which is not in ${file}`);
}

/**
 * The lines of a page without code, because code quotes names and output of programs.
 *
 * @param {string} file
 * @returns {(Text & { code: string })[]}
 */
function linesOfPage(file) {
  let isFenced = false;
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((code, index) => {
      const isFence = file.endsWith('.md') && code.trimStart().startsWith('```');
      if (isFence) isFenced = !isFenced;
      const text = isFenced || isFence ? '' : code.replaceAll(/`[^`]*`/g, '`…`');
      return { file, line: index + 1, text, code };
    });
}

/** @param {string} file */
function readSource(file) {
  const source = readFileSync(file, 'utf8');
  const { program, comments } = parseSync(file, source);
  const lineAt = (/** @type {number} */ at) => source.slice(0, at).split('\n').length;
  const asText = (/** @type {number} */ start, /** @type {string} */ text) => ({
    file,
    line: lineAt(start),
    text,
  });
  /** @type {Map<number, string>} */
  const strings = new Map();
  /** @type {Text[]} */
  const names = [];
  /** @type {Set<number>} */
  const skipped = new Set();
  /** @param {any} node */
  const skip = (node) => node && skipped.add(node.start);
  new Visitor({
    ImportDeclaration: ({ source: from }) => skip(from),
    ExportNamedDeclaration: ({ source: from }) => skip(from),
    ExportAllDeclaration: ({ source: from }) => skip(from),
    ImportExpression: ({ source: from }) => skip(from),
    TSLiteralType: ({ literal }) => skip(literal),
    Property: ({ key }) => skip(key),
    Literal: (node) => {
      if (typeof node.value === 'string') strings.set(node.start, node.value);
    },
    TemplateLiteral: ({ start, quasis }) => {
      strings.set(start, quasis.map(({ value }) => value.cooked ?? value.raw).join('…'));
    },
    CallExpression: (node) => {
      const title = node.arguments[0];
      if (title === undefined || !isTest(node.callee)) return;
      if (title.type === 'Literal' && typeof title.value === 'string')
        names.push(asText(title.start, title.value));
      if (title.type === 'TemplateLiteral')
        names.push(asText(title.start, title.quasis.map(({ value }) => value.raw).join('…')));
    },
  }).visit(program);
  return {
    strings: [...strings]
      // A string without a space is a name or a code, not a text.
      .filter(([start, text]) => !skipped.has(start) && text.includes(' '))
      .map(([start, text]) => asText(start, text)),
    names,
    comments: comments.map(({ start, value }) =>
      asText(start, value.replaceAll(/\s+\*?\s*/g, ' ')),
    ),
  };
}

/**
 * `test`, `test.skipIf(…)`, `describe.each(…)`.
 *
 * @param {any} callee
 * @returns {boolean}
 */
function isTest(callee) {
  if (callee.type === 'Identifier') return ['test', 'it', 'describe'].includes(callee.name);
  return isTest(callee.object ?? callee.callee ?? callee.tag ?? { type: 'Identifier' });
}

/** @returns {Text[]} */
function commitSubjects() {
  const { stdout, status } = spawnSync('git', ['log', '--format=%h %s', options.commits], {
    encoding: 'utf8',
  });
  if (status !== 0) return [];
  return stdout
    .trim()
    .split('\n')
    .map((text) => ({ file: `commit ${text.slice(0, 7)}`, line: 1, text }));
}

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function filesIn(folder, pattern) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((file) => pattern.test(file))
    .toSorted();
}
