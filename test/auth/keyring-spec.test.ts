import { describe, expect, test } from 'vitest';
import { validate } from '../../src/app/validate.ts';
import { planAuth } from '../../src/auth/plan.ts';
import { loadConfig } from '../../src/auth/load-config.ts';
import type { Log } from '../../src/core/log-events.ts';
import { createProject, errorOf } from '../config/project.ts';

type Files = Readonly<Record<string, string>>;

/** The result of a command and of `validate` for the same files. */
async function tryFiles(files: Files, env = {}) {
  const project = createProject(files);
  const logged: string[] = [];
  const log: Log = (event, fields) => {
    if (event !== 'keyring.unused') return;
    logged.push(JSON.stringify(fields).replaceAll(project.directory, '$'));
  };
  const host = { ...project.host(env), log };
  const { findings } = await validate({}, host);
  const found = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ text }) => text.replaceAll(project.directory, '$'));
  const plan = async () => planAuth(await loadConfig({}, host), host);
  return { project, logged, found, plan };
}

const keyring = (text: string) => `auth: { keyring: { ${text} } }`;
const settings = [
  ['path', 'keys'],
  ['password_env', 'MY_PASSWORD'],
  ['password_file', '~/pw'],
  ['password_command', 'pass show x'],
  ['auto_unlock', '8h'],
] as const;

describe('a setting of the file keyring is an error', () => {
  const shown = (message = '') => message.replace(/:\d+\)/, ':*)');

  test.each(settings)('next to another type in the same file: %s', async (key, value) => {
    for (const type of ['system', 'memory']) {
      const files = { 'atmos.yaml': keyring(`type: ${type}, spec: { ${key}: ${value} }`) };
      const { found, plan, project } = await tryFiles(files);
      expect(found.map(shown)).toEqual([
        `auth.keyring.spec.${key} ($/atmos.yaml:1:*) is a setting of the file keyring, but auth.keyring.type is ${type}`,
      ]);
      expect(await errorOf(plan, project)).toMatchObject({
        code: 'ERR_CONFIG_INVALID',
        message: found[0],
        hints: [`set auth.keyring.type to file, or remove auth.keyring.spec.${key}`],
      });
    }
  });

  test.each(settings)('if no layer has a type: %s', async (key, value) => {
    const files = { 'atmos.yaml': keyring(`spec: { ${key}: ${value} }`) };
    const { found, plan, project } = await tryFiles(files);
    expect(found.map(shown)).toEqual([
      `auth.keyring.spec.${key} ($/atmos.yaml:1:*) is a setting of the file keyring, but no type is chosen, and the default is system`,
    ]);
    expect(await errorOf(plan, project)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: found[0],
      hints: ['add type: file under auth.keyring'],
    });
  });

  test('next to a type that env: of the same file chooses', async () => {
    const text = `${keyring('spec: { path: keys }')}\nenv: { ATMOS_KEYRING_TYPE: memory }`;
    const { found, plan, project } = await tryFiles({ 'atmos.yaml': text });
    expect(found).toEqual([
      'auth.keyring.spec.path ($/atmos.yaml:1:34) is a setting of the file keyring, but env.ATMOS_KEYRING_TYPE is memory',
    ]);
    expect(await errorOf(plan, project)).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  test('with the position of each', async () => {
    const text = keyring('type: system, spec: { path: keys, password_env: PW }');
    const { found, plan, project } = await tryFiles({ 'atmos.yaml': text });
    expect(found).toHaveLength(2);
    expect((await errorOf(plan, project)).message).toBe(found.join('\n'));
  });

  test('and names the remote import that may choose the type', async () => {
    const text = `import: https://example.com/x.yaml\n${keyring('spec: { path: keys }')}`;
    const { found } = await tryFiles({ 'atmos.yaml': text });
    expect(found).toEqual([
      'auth.keyring.spec.path ($/atmos.yaml:2:34) is a setting of the file keyring, but no type is chosen, and the default is system; import ($/atmos.yaml:1:9) is a remote import, which is not fetched',
    ]);
  });
});

describe('a setting of the file keyring is only logged', () => {
  test('if a profile chooses the type', async () => {
    const files = {
      'atmos.yaml': keyring('type: file, spec: { path: keys }'),
      'profiles/ci/a.yaml': keyring('type: memory'),
    };
    const { found, plan, logged } = await tryFiles(files, { ATMOS_PROFILE: 'ci' });
    expect(found).toEqual([]);
    expect((await plan()).keyring.type.value).toBe('memory');
    expect(logged).toEqual([
      JSON.stringify({
        type: 'memory',
        source: {
          value: '$/keys',
          source: 'auth.keyring.spec.path ($/atmos.yaml:1:46)',
        },
      }),
    ]);
  });

  test.each([
    keyring('type: file, spec: { path: keys }'),
    keyring('spec: { path: keys }'),
    keyring('type: system, spec: { path: keys }'),
  ])('if ATMOS_KEYRING_TYPE chooses it: %s', async (text) => {
    const env = { ATMOS_KEYRING_TYPE: 'memory' };
    const { found, plan, logged } = await tryFiles({ 'atmos.yaml': text }, env);
    expect(found).toEqual([]);
    expect((await plan()).keyring.type.value).toBe('memory');
    expect(logged).toHaveLength(1);
  });

  test('if another file of the project chooses it', async () => {
    const files = {
      'atmos.yaml': `import: a.yaml\n${keyring('type: system')}`,
      'a.yaml': keyring('spec: { path: keys }'),
    };
    const { found, logged, plan } = await tryFiles(files);
    expect(found).toEqual([]);
    await plan();
    expect(logged).toHaveLength(1);
  });
});

test.each([
  keyring('type: file, spec: { path: keys }'),
  keyring('type: system, fallback: [file], spec: { path: keys }'),
  keyring('fallback: [file], spec: { path: keys }'),
  keyring('type: system, spec: { path: "" }'),
  keyring('type: system, spec: { path: !env NOT_SET }'),
])('and not even that if it is used or empty: %s', async (text) => {
  const { found, plan, logged } = await tryFiles({ 'atmos.yaml': text });
  expect(found).toEqual([]);
  await plan();
  expect(logged).toEqual([]);
});
