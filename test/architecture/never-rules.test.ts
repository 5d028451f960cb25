import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const checksAndTheirSettings = [
  '.dependency-cruiser.mjs',
  '.oxlintrc.json',
  'package.json',
  'scripts/architecture.oxlintrc.json',
  'scripts/check-architecture.mjs',
  'scripts/oxlint-atmos.mjs',
  'scripts/places.mjs',
  'tsconfig.json',
];

type Files = Readonly<Record<string, string>>;

/** A small codebase that has every layer and breaks no rule. */
const soundFiles: Files = {
  'src/core/thing.ts': 'export const thing = 1;\n',
  'src/core/credentials.ts': 'export const idOf = (it: { accessKeyId: 1 }) => it.accessKeyId;\n',
  'src/host/host.ts':
    'export const now = () => new Date();\nconsole.log(process.pid, Date.now());\n',
  'src/host/spawn.ts': "export { spawn } from 'node:child_process';\n",
  'src/host/native.ts': "export { default as koffi } from 'koffi';\n",
  'src/keyring/contract.ts': "export { thing } from '../core/thing.ts';\n",
  'src/keyring/memory.ts': "export { thing as memory } from './contract.ts';\n",
  'src/keyring/file/backend.ts': "export { format as file } from './format.ts';\n",
  'src/keyring/file/format.ts':
    "export { thing as format } from '../../core/thing.ts';\n" +
    'export const of = (host: { platform: 1 }, on: (platform: 1) => 1) => on(host.platform);\n',
  'src/keyring/registry.ts':
    "export const open = async () => [await import('./memory.ts'), await import('./file/backend.ts')];\n",
  'src/store/store.ts': "export { open as store } from '../keyring/registry.ts';\n",
  'src/config/load.ts': "export { parse } from 'valibot';\n",
  'src/clouds/contract.ts': "export { thing as contract } from '../core/thing.ts';\n",
  'src/clouds/registry.ts':
    "export const kinds = [async () => import('./aws/user.ts'), async () => import('./oidc/token.ts')];\n",
  'src/clouds/aws/sts.ts': "export { STSClient } from '@aws-sdk/client-sts';\n",
  'src/clouds/aws/user.ts': "export const sts = async () => import('./sts.ts');\n",
  'src/clouds/oidc/token.ts': "export { thing as token } from '../../core/thing.ts';\n",
  'src/auth/plan.ts': "export { kinds } from '../clouds/registry.ts';\n",
  'src/app/log-in.ts': "export { kinds } from '../auth/plan.ts';\n",
  'src/cli/streams.ts': 'export const write = 1;\n',
  'src/cli/printer.ts': "export { write } from './streams.ts';\n",
  'src/cli/run.ts': "export const run = async () => import('./commands/login.ts');\n",
  'src/cli/commands/login.ts': "export { kinds } from '../../app/log-in.ts';\n",
  'src/cli/commands/logout.ts': "export { store } from '../../store/store.ts';\n",
  'src/create-auth.ts': "export { kinds } from './app/log-in.ts';\n",
  'src/index.ts': "export { kinds } from './create-auth.ts';\n",
  'src/main.ts': "void import('./cli/run.ts');\n",
  'test/thing.test.ts': "export { thing } from '../src/core/thing.ts';\n",
};

/**
 * One import for each rule: the rule, the file that breaks it, the file that it must not import.
 */
const forbiddenImports: readonly (readonly [rule: string, file: string, imported: string])[] = [
  ['core-imports', 'src/core/b1.ts', 'src/host/host.ts'],
  ['host-imports', 'src/host/b2.ts', 'src/keyring/contract.ts'],
  ['keyring-imports', 'src/keyring/b3.ts', 'src/store/store.ts'],
  ['keyring-imports', 'src/keyring/b4.ts', 'src/config/load.ts'],
  ['store-imports', 'src/store/b5.ts', 'src/config/load.ts'],
  ['config-imports', 'src/config/b6.ts', 'src/keyring/contract.ts'],
  ['config-imports', 'src/config/b7.ts', 'src/auth/plan.ts'],
  ['clouds-imports', 'src/clouds/aws/b8.ts', 'src/config/load.ts'],
  ['clouds-imports', 'src/clouds/aws/b9.ts', 'src/store/store.ts'],
  ['clouds-imports', 'src/clouds/oidc/b10.ts', 'src/keyring/contract.ts'],
  ['auth-imports', 'src/auth/b11.ts', 'src/app/log-in.ts'],
  ['auth-imports', 'src/auth/b12.ts', 'src/clouds/aws/sts.ts'],
  ['app-imports', 'src/app/b13.ts', 'src/cli/run.ts'],
  ['app-imports', 'src/app/b14.ts', 'src/clouds/aws/sts.ts'],
  ['cli-imports', 'src/cli/b15.ts', 'src/clouds/registry.ts'],
  ['cli-imports', 'src/cli/b16.ts', 'src/index.ts'],
  ['backends-apart', 'src/keyring/file/b17.ts', 'src/keyring/memory.ts'],
  ['agent-apart', 'src/keyring/agent/b45.ts', 'src/keyring/file/backend.ts'],
  ['registry-names-backends', 'src/store/b18.ts', 'src/keyring/file/format.ts'],
  ['registry-names-backends', 'src/keyring/b19.ts', 'src/keyring/file/backend.ts'],
  ['registry-names-kinds', 'src/clouds/b20.ts', 'src/clouds/aws/sts.ts'],
  ['registry-names-kinds', 'src/clouds/aws/b21.ts', 'src/clouds/aws/user.ts'],
  ['clouds-apart', 'src/clouds/oidc/b22.ts', 'src/clouds/aws/sts.ts'],
  ['commands-apart', 'src/cli/commands/b23.ts', 'src/cli/commands/login.ts'],
  ['printer-writes', 'src/cli/commands/b34.ts', 'src/cli/streams.ts'],
  ['host-reaches-the-machine', 'src/store/b24.ts', 'node:child_process'],
  ['host-reaches-the-machine', 'src/cli/b25.ts', 'node:readline/promises'],
  ['host-reaches-the-machine', 'src/cli/b26.ts', 'node:tty'],
  ['host-reaches-the-machine', 'src/auth/b27.ts', 'node:process'],
  ['files-through-host', 'src/cli/b28.ts', 'node:fs'],
  ['files-through-host', 'src/app/b29.ts', 'node:fs/promises'],
  ['files-through-host', 'src/config/b30.ts', 'node:fs'],
  ['sdk-in-clouds', 'src/store/b31.ts', '@smithy/signature-v4'],
  ['source-imports-source', 'src/auth/b32.ts', 'test/thing.test.ts'],
  ['imports-resolve', 'src/auth/b33.ts', 'src/auth/nowhere.ts'],
];

/** The only file of that name; it replaces the one that follows the rules. */
const forbiddenInPlace: readonly (readonly [rule: string, file: string, imported: string])[] = [
  ['package-imports', 'src/create-auth.ts', 'src/cli/run.ts'],
  ['main-imports', 'src/main.ts', 'src/store/store.ts'],
];

/** Code that is allowed only in certain places, each example in its own file. */
const misplacedNames: readonly (readonly [rule: string, file: string, code: string])[] = [
  [
    'atmos(no-cloud-fields)',
    'src/app/d1.ts',
    'export const idOf = (it: { accessKeyId: 1 }) => it.accessKeyId;\n',
  ],
  [
    'atmos(no-cloud-fields)',
    'src/cli/d2.ts',
    'export const of = ({ sessionToken }: { sessionToken: 1 }) => sessionToken;\n',
  ],
  [
    'atmos(no-platform)',
    'src/keyring/file/d3.ts',
    'export const on = (host: { platform: 1 }) => host.platform;\n',
  ],
  [
    'atmos(no-platform)',
    'src/keyring/file/d4.ts',
    'export const isOne = (host: { platform: 1 }) => [1].includes(host.platform);\n',
  ],
];

/** Violations that only the linter finds. */
const forbiddenCode: readonly (readonly [rule: string, file: string, code: string])[] = [
  ['eslint(no-restricted-globals)', 'src/store/c1.ts', 'export const home = process.env.HOME;\n'],
  ['eslint(no-restricted-globals)', 'src/store/c2.ts', 'export const at = performance.now();\n'],
  ['eslint(no-restricted-properties)', 'src/store/c3.ts', 'export const at = Date.now();\n'],
  ['atmos(no-ambient-clock)', 'src/store/c4.ts', 'export const at = new Date();\n'],
  ['eslint(no-console)', 'src/store/c5.ts', "console.log('here');\n"],
  ['atmos(one-printer)', 'src/cli/c11.ts', "export const f = ({ stderr }) => stderr.write('x');\n"],
  ['atmos(hints-are-values)', 'src/store/c12.ts', "export const a = { hints: ['run it'] };\n"],
  [
    'atmos(hints-are-values)',
    'src/store/c13.ts',
    'export const a = (b: string) => ({ hints: [...(b ? [`run ${b}`] : [])] });\n',
  ],
  ['atmos(hints-are-values)', 'src/store/c14.ts', "export const a = { hint: 'run it' };\n"],
  ['atmos(hints-are-values)', 'src/store/c15.ts', 'export const a = { instead: `run it` };\n'],
  ['atmos(no-classes)', 'src/store/c6.ts', 'export class Store { at = 1; }\n'],
  ['import(no-default-export)', 'src/store/c7.ts', 'export default 1;\n'],
  ['unicorn(filename-case)', 'src/store/camelCase8.ts', 'export const eight = 8;\n'],
  ['eslint(max-lines)', 'src/store/c9.ts', 'export {};\n'.repeat(251)],
  [
    'typescript(no-floating-promises)',
    'src/store/c10.ts',
    'export function forget() {\n  Promise.resolve(1);\n}\n',
  ],
];

const temporary = mkdtempSync(join(tmpdir(), 'never-rules-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

function copyProject(name: string, files: Files): string {
  const project = join(temporary, name);
  for (const file of checksAndTheirSettings) cpSync(join(root, file), join(project, file));
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'), 'junction');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, file)), { recursive: true });
    writeFileSync(join(project, file), text);
  }
  return project;
}

interface Outcome {
  exitCode: number;
  lines: string[];
}

function run(project: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: project, timeout: 25_000 }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code ?? -1);
      resolve({ exitCode, lines: (stdout + stderr).split('\n').filter((line) => line !== '') });
    });
  });
}

const checkArchitecture = (project: string) => run(project, 'scripts/check-architecture.mjs');
const lint = (project: string) =>
  run(project, 'node_modules/oxlint/bin/oxlint', '--format=unix', 'src');

/** The import specifier for `imported` as it is written in `file`. */
function importOf(imported: string, file: string): string {
  if (!/^(src|test)\//.test(imported))
    return `import * as it from '${imported}';\nexport { it };\n`;
  const up = '../'.repeat(dirname(file).split('/').length);
  return `export * from '${up}${imported}';\n`;
}

describe('a project without violations', () => {
  it('passes the architecture check and the linter', async () => {
    const project = copyProject('sound', soundFiles);

    const [architecture, linter] = await Promise.all([checkArchitecture(project), lint(project)]);

    expect(architecture).toEqual({ exitCode: 0, lines: ['architecture: 27 files, 0 problems'] });
    expect(linter).toEqual({ exitCode: 0, lines: [] });
  });
});

describe('the architecture check', () => {
  const cycle: Files = {
    'src/core/cycle-a.ts': "import type { B } from './cycle-b.ts';\nexport type A = B | 1;\n",
    'src/core/cycle-b.ts': "import type { A } from './cycle-a.ts';\nexport type B = A[];\n",
  };
  const secondDoor: Files = { 'src/auth/second-door.ts': "export { string } from 'valibot';\n" };
  let outcome: Outcome;

  // One copy with all violations, each in its own files, because a run takes half a second.
  beforeAll(async () => {
    const broken = [...forbiddenImports, ...forbiddenInPlace].map(([, file, imported]) => [
      file,
      importOf(imported, file),
    ]);
    const misplaced = misplacedNames.map(([, file, code]) => [file, code]);
    const files = {
      ...soundFiles,
      ...Object.fromEntries([...broken, ...misplaced]),
      ...cycle,
      ...secondDoor,
    };
    outcome = await checkArchitecture(copyProject('broken-imports', files));
  });

  it.each([...forbiddenImports, ...forbiddenInPlace])(
    'reports only %s when %s imports %s',
    (rule, file, imported) => {
      const said = outcome.lines.filter((line) => line.includes(file));

      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(`${rule}: ${file} -> `);
      expect(said[0]).toContain(
        imported.replace('node:', '').replace('src/auth/nowhere', 'nowhere'),
      );
    },
  );

  it.each(misplacedNames)('reports %s in %s', (rule, file) => {
    expect(outcome.lines).toContain(`${rule}: ${file}`);
  });

  it('reports no-cycle when types import each other', () => {
    expect(outcome.lines).toContain('no-cycle: src/core/cycle-a.ts -> src/core/cycle-b.ts');
  });

  it('reports one-door when two files import the same package', () => {
    expect(outcome.lines).toContain(
      'one-door: valibot is imported by src/auth/second-door.ts, src/config/load.ts',
    );
  });

  it('exits with an error', () => {
    expect(outcome.exitCode).toBe(1);
  });

  it('has a test in this file for each of its rules', async () => {
    const { default: configuration } = await import('../../.dependency-cruiser.mjs');
    const rules = new Set(configuration.forbidden?.map((rule) => rule.name));

    const broken = [...forbiddenImports, ...forbiddenInPlace].map(([rule]) => rule);
    expect(new Set([...broken, 'no-cycle'])).toEqual(rules);
  });

  it('accepts a known violation, and fails when it no longer exists', async () => {
    const violation = 'host-imports: src/host/known.ts -> src/store/store.ts';
    const list = 'test/architecture/known-violations.json';
    const files = { ...soundFiles, [list]: JSON.stringify([violation]) };
    const broken = { 'src/host/known.ts': importOf('src/store/store.ts', 'src/host/known.ts') };

    const [known, gone] = await Promise.all([
      checkArchitecture(copyProject('known', { ...files, ...broken })),
      checkArchitecture(copyProject('gone', files)),
    ]);

    expect(known).toEqual({
      exitCode: 0,
      lines: ['architecture: 28 files, 0 problems, 1 known violations'],
    });
    expect(gone).toEqual({
      exitCode: 1,
      lines: [
        'architecture: 27 files, 1 problems, 1 known violations',
        `no longer found, remove it from ${list}: ${violation}`,
      ],
    });
  });

  it('fails when it did not read every file', async () => {
    const project = copyProject('unread', soundFiles);
    const settings = readFileSync(join(project, '.dependency-cruiser.mjs'), 'utf8');
    const blinder = settings.replace('options: {', "options: { exclude: 'store',");
    writeFileSync(join(project, '.dependency-cruiser.mjs'), blinder);

    expect(await checkArchitecture(project)).toEqual({
      exitCode: 1,
      lines: ['architecture: 26 files, 1 problems', 'cruised-all: src/store/store.ts was not read'],
    });
  });
});

describe('the linter', () => {
  let outcome: Outcome;

  beforeAll(async () => {
    const broken = Object.fromEntries(forbiddenCode.map(([, file, code]) => [file, code]));
    outcome = await lint(copyProject('broken-code', { ...soundFiles, ...broken }));
  });

  it.each(forbiddenCode)('reports %s in %s', (rule, file) => {
    expect(outcome.lines.filter((line) => line.startsWith(file)).join('\n')).toContain(rule);
  });

  it('exits with an error', () => {
    expect(outcome.exitCode).toBe(1);
  });
});
