import { describe, expect, test } from 'vitest';
import { say } from '../../src/core/hint.ts';
import { createProject, projectOf, type Project } from './project.ts';

async function warningsOf(project: Project, env = {}): Promise<string[]> {
  const { warnings } = await project.load(env);
  return warnings.map((warning) => warning.replaceAll(project.directory, '$'));
}

describe('an unknown key', () => {
  test.each([
    [
      'auth: { keyring: { tpye: file } }',
      'auth.keyring.tpye ($/atmos.yaml:1:26) is not known: did you mean type?',
    ],
    ['auth: { keyring: { color: red } }', 'auth.keyring.color ($/atmos.yaml:1:27) is not known'],
    [
      'auth: { keyring: { spec: { pasword_env: A } } }',
      'auth.keyring.spec.pasword_env ($/atmos.yaml:1:41) is not known: did you mean password_env?',
    ],
    [
      'auth: { identities: { Dev: { knid: aws/user } } }',
      'auth.identities.Dev.knid ($/atmos.yaml:1:36) is not known: did you mean kind?',
    ],
    [
      'auth: { identities: { dev: { via: { idenity: x } } } }',
      'auth.identities.dev.via.idenity ($/atmos.yaml:1:46) is not known: did you mean identity?',
    ],
    [
      'auth: { identities: { dev: { session: { length: 1h } } } }',
      'auth.identities.dev.session.length ($/atmos.yaml:1:49) is not known',
    ],
    [
      'auth: { identites: {} }',
      'auth.identites ($/atmos.yaml:1:9) is not known: did you mean identities?',
    ],
    [
      'auth: { providers: { sso: { strt_url: x } } }',
      'auth.providers.sso.strt_url ($/atmos.yaml:1:39) is not known: did you mean start_url?',
    ],
    ['logs: { levl: Debug }', 'logs.levl ($/atmos.yaml:1:15) is not known: did you mean level?'],
    [
      'auth: { logs: { fiel: x } }',
      'auth.logs.fiel ($/atmos.yaml:1:23) is not known: did you mean file?',
    ],
    [
      'profiles: { defualt: x }',
      'profiles.defualt ($/atmos.yaml:1:22) is not known: did you mean default?',
    ],
  ])('%s', async (text, warning) => {
    expect(await warningsOf(projectOf(text))).toEqual([warning]);
  });

  test.each([
    'auth: { integrations: { ecr: { kind: aws/ecr } }, something_new: 1 }',
    'auth: { providers: { sso: { something_new: 1 } } }',
    'auth: { identities: { dev: { required: true, alias: d, tags: [a], provider: sso, emulator: e } } }',
    'logs: { something_new: 1 }',
    'profiles: { something_new: 1 }',
    'stacks: { base_path: stacks }',
  ])('is ignored where Atmos may have it: %s', async (text) => {
    expect(await warningsOf(projectOf(text))).toEqual([]);
  });

  test('is reported with the file that contains it', async () => {
    const project = createProject({
      'atmos.yaml': 'auth: { keyring: { type: file } }',
      'profiles/p/a.yaml': '\nauth: { keyring: { tpye: file } }',
    });
    expect(await warningsOf(project, { ATMOS_PROFILE: 'p' })).toEqual([
      'auth.keyring.tpye ($/profiles/p/a.yaml:2:26) is not known: did you mean type?',
    ]);
  });
});

test('has a position besides its text', async () => {
  const project = projectOf('auth:\n  keyring: { tpye: file }\n');
  expect((await project.load()).notices).toEqual([
    {
      code: 'ERR_CONFIG_INVALID',
      file: project.path('atmos.yaml'),
      line: 2,
      column: 20,
      path: ['auth', 'keyring', 'tpye'],
      message: 'auth.keyring.tpye is not known',
      text: `auth.keyring.tpye (${project.path('atmos.yaml')}:2:20) is not known`,
      hints: [say('did you mean type?')],
    },
  ]);
});
