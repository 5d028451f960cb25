import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findNeeds, variableNeeds } from '../../src/auth/trust-needs.ts';
import { createProject } from '../config/project.ts';

/** What the variables of a project need, with the branch that is checked out. */
async function needsOf(atmosYaml: string, { branch = 'main', env = {} } = {}) {
  const project = createProject({ 'repo/atmos.yaml': atmosYaml });
  const head = project.path('repo/.git/HEAD');
  mkdirSync(dirname(head), { recursive: true });
  writeFileSync(head, `ref: refs/heads/${branch}\n`);
  mkdirSync(project.path('repo/.git/objects'));
  mkdirSync(project.path('repo/.git/refs'));
  const { loadConfig } = await import('../../src/auth/load-config.ts');
  const host = { ...project.host({ ATMOS_AUTH_TRUST: '1', ...env }, project.path('repo')) };
  const config = await loadConfig({}, host);
  return (await findNeeds(config, host)).map(({ path, what }) => `${path.join('.')}: ${what}`);
}

describe('a variable for programs with a value from a tag', () => {
  test.each([
    ['!git.branch', 'env.STAGE: sets STAGE to "main" for programs'],
    ['!env BRANCH other', 'env.STAGE: sets STAGE to "other" for programs'],
    ['"http://ada:hunter2@x"', 'env.STAGE: sets STAGE to "http://…@x" for programs'],
  ])('%s is shown with its value', async (value, need) => {
    expect(await needsOf(`env: { STAGE: ${value} }`)).toEqual([need]);
  });

  test('is a different need on another branch', async () => {
    const text = 'env: { STAGE: !git.branch }';
    expect(await needsOf(text, { branch: 'evil' })).toEqual([
      'env.STAGE: sets STAGE to "evil" for programs',
    ]);
  });

  test('from the environment of the user is shown as its name and covers any value', async () => {
    const text = 'env: { STAGE: !env SECRET }';
    const need = ['env.STAGE: sets STAGE to <value of !env SECRET> for programs'];
    expect(await needsOf(text, { env: { SECRET: 'swordfish' } })).toEqual(need);
    expect(await needsOf(text, { env: { SECRET: 'hunter2' } })).toEqual(need);
  });

  test('has the path of the value in the list of an identity', async () => {
    const item = '[{ key: A, value: !git.branch }, { key: B, value: !env SECRET }]';
    const text = `auth: { identities: { dev: { kind: aws/user, env: ${item} } } }`;
    expect(await needsOf(text, { env: { SECRET: 'swordfish' } })).toEqual([
      'auth.identities.dev.env.0.value: sets A to "main" for programs',
      'auth.identities.dev.env.1.value: sets B to <value of !env SECRET> for programs',
    ]);
  });

  test.each(['!exec', '!random'])('is not shown if it comes from %s', (tag) => {
    const needs = variableNeeds(
      ['env', 'STAGE'],
      { key: 'STAGE', value: 'swordfish' },
      { tagAt: () => tag },
      { env: {} },
    );
    expect(needs).toEqual([
      { path: ['env', 'STAGE'], what: `sets STAGE to <value of ${tag}> for programs` },
    ]);
  });
});
