import { expect, test } from 'vitest';
import { examineSessionFiles, findSessionFiles, scopeOf } from '../../src/app/session-files.ts';
import { run } from '../../src/core/hint.ts';
import { awsUserIdentity } from '../auth/place.ts';
import { portal, putSessions, putToken } from '../clouds/aws/go-atmos-files.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const provider = (name: string) => ({
  name,
  kind: 'aws/iam-identity-center',
  settings: portal,
  locate: () => '/p/atmos.yaml',
  tagAt: () => undefined,
  besideFile: (said: string) => said,
});
/** As in examples of Atmos, an identity and a provider have one name. */
const config = {
  identities: [awsUserIdentity({ name: 'oidc' }), awsUserIdentity({ name: 'dev' })],
  providers: [provider('oidc'), provider('sso')],
};
const plan = { config, realm: { value: 'r', source: 'auth.realm' } };

function openHome() {
  const home = temporaryDirectory();
  return { home, host: fakeHost({ homeDirectory: home, userId: process.getuid?.() }) };
}

test('a name of both an identity and a provider means the identity', () => {
  expect(scopeOf(config, ['OIDC'])).toEqual({ identities: ['OIDC'], providers: [] });
  expect(scopeOf(config, ['sso'])).toEqual({ identities: [], providers: ['sso'] });
  expect(scopeOf(config, ['gone'])).toEqual({ identities: ['gone'], providers: [] });
  expect(scopeOf(config, 'all')).toEqual({
    identities: ['oidc', 'dev'],
    providers: ['oidc', 'sso'],
  });
});

test('the token of a portal is removed with its providers in any order, and with all', async () => {
  const { home, host } = openHome();
  const token = putToken(home);
  const found = async (aliases: readonly string[] | 'all') => {
    const files = await findSessionFiles(plan, scopeOf(config, aliases), host);
    return files.map(({ path }) => path);
  };
  expect(await found(['sso'])).toEqual([token]);
  expect(await found('all')).toEqual([token]);
  expect(await found(['oidc'])).toEqual([]);
  expect(await found(['dev'])).toEqual([]);
});

test.each([
  ['whose provider has the name of an identity', plan, run(['atmos', 'auth', 'logout', '--all'])],
  [
    'of one provider',
    { ...plan, config: { ...config, providers: [provider('sso')] } },
    run(['atmos', 'auth', 'logout', 'sso']),
  ],
  [
    'of none',
    { ...plan, config: { ...config, providers: [] } },
    run(['atmos', 'auth', 'logout', '--all-realms']),
  ],
  [
    'without a configuration',
    { ...plan, config: undefined },
    run(['atmos', 'auth', 'logout', '--all-realms']),
  ],
])('doctor names the logout for the token of a portal %s', async (_, one, hint) => {
  const { home, host } = openHome();
  putToken(home);
  expect(await examineSessionFiles(one, host)).toMatchObject([
    { id: 'session-files', state: 'warning', hints: [hint] },
  ]);
});

test('sessions that Atmos wrote before it had realms are removed only with all realms', async () => {
  const { home, host } = openHome();
  putSessions(home, null, 'aws-user', ['dev']);
  expect(await findSessionFiles(plan, scopeOf(config, 'all'), host)).toEqual([]);
  expect(await findSessionFiles(plan, 'all-realms', host)).toHaveLength(2);
  expect(await examineSessionFiles(plan, host)).toMatchObject([
    { hints: [run(['atmos', 'auth', 'logout', '--all-realms'])] },
  ]);
});
