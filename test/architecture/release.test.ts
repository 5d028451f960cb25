import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { peer } from '../support/peers.ts';

// The release workflow runs only on GitHub. These tests check everything that can be checked here.
const root = fileURLToPath(new URL('../..', import.meta.url));
const path = join(root, '.github/workflows/release.yml');
const workflow = readFileSync(path, 'utf8');
const actionlint = peer('actionlint');

describe.skipIf(!actionlint)('the release workflow', () => {
  test('is valid for GitHub, and its scripts parse as shell scripts', () => {
    const { status, stdout } = spawnSync(actionlint?.path ?? '', ['-no-color', path], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

test('runs only scripts that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const names = [...workflow.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name);
  expect(names).toContain('platform');
  for (const name of names) expect(Object.keys(scripts)).toContain(name);
});

test('names the requirements of suites on Windows', () => {
  const suites = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.cases.ts'))
    .map((name) => readFileSync(join(root, 'test', name), 'utf8'));
  const needed = suites.flatMap((text) => /\bneeds: '(\w+)'/.exec(text)?.[1] ?? []);
  expect(needed).toContain('ATMOS_TEST_GO_KEYRING');
  for (const name of needed) expect(workflow).toContain(`echo "${name}=`);
});
