import { expect, test } from 'vitest';
import { environmentChoices, resolveKeyringSettings } from '../../src/keyring/settings.ts';

const inYaml = (value: string) => ({ value, source: 'atmos.yaml:3:5' });
const settle = (env: Record<string, string>, configured = {}) =>
  resolveKeyringSettings([environmentChoices({ env }), configured]);

test('the type is system by default; the environment wins over atmos.yaml', () => {
  expect(settle({}).type).toEqual({ value: 'system', source: 'default' });
  expect(settle({ ATMOS_KEYRING_TYPE: '' }).type.source).toBe('default');
  expect(settle({}, { type: inYaml('file') }).type).toEqual(inYaml('file'));
  expect(settle({ ATMOS_KEYRING_TYPE: 'memory' }, { type: inYaml('file') }).type).toEqual({
    value: 'memory',
    source: 'ATMOS_KEYRING_TYPE',
  });
});

test('of each setting of a backend the first place counts that says it', () => {
  const spec = { path: inYaml('/configured'), password_env: inYaml('CONFIGURED') };
  const env = { ATMOS_KEYRING_FILE_PATH: '/from/env', ATMOS_KEYRING_PASSWORD_ENV: '' };
  expect(settle(env, { spec }).spec).toEqual({
    path: { value: '/from/env', source: 'ATMOS_KEYRING_FILE_PATH' },
    password_env: inYaml('CONFIGURED'),
  });
});

test('a variable that a file sets has its place in the file', () => {
  const said = { ATMOS_KEYRING_FILE_PATH: { value: '/k', source: 'env.X (atmos.yaml:9:3)' } };
  const path = ['env', 'ATMOS_KEYRING_FILE_PATH'];
  expect(environmentChoices({ env: {} }, said).spec).toEqual({
    path: { value: '/k', source: 'env.X (atmos.yaml:9:3)', path },
  });
});
