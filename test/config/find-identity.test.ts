import { describe, expect, it } from 'vitest';
import { findIdentity } from '../../src/config/find-identity.ts';
import { createProject, errorOf } from './project.ts';

const project = () =>
  createProject({
    'atmos.yaml':
      'auth: { identities: { Dev: { kind: aws/user }, prod: { kind: aws/user }, stub: } }',
    'profiles/ci/x.yaml': 'auth: { identities: { deploy: { kind: aws/user }, Stub: { kind: a } } }',
    'profiles/bad/x.yaml': 'auth: { identities: [deploy',
    'profiles/night/x.yaml': 'auth: { identities: { DEPLOY: { kind: aws/user } } }',
  });

describe('an identity', () => {
  it('is found in any case', async () => {
    const config = await project().load();
    expect(findIdentity(config, 'dEV').name).toBe('Dev');
    expect(findIdentity(config, 'PROD').name).toBe('prod');
  });

  it('is found in any Unicode normal form, also across files', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    const config = await createProject({
      'atmos.yaml': `import: [more.yaml]\nauth: { identities: { ${composed}: { kind: aws/user } } }`,
      'more.yaml': `auth: { identities: { ${decomposed}: { default: true } } }`,
    }).load();
    // The spelling of the first occurrence, which is in the imported file.
    expect(config.identities).toMatchObject([
      { name: decomposed, kind: 'aws/user', isDefault: true },
    ]);
    expect(findIdentity(config, composed.toUpperCase()).name).toBe(decomposed);
  });

  it('is suggested if its name is similar to an unknown one', async () => {
    const ours = project();
    const config = await ours.load();
    const error = await errorOf(() => findIdentity(config, 'pro'), ours);
    expect(error.code).toBe('ERR_IDENTITY_UNKNOWN');
    expect(error.message).toBe('unknown identity "pro": expected one of Dev, prod in $/atmos.yaml');
    expect(error.hints).toEqual(['did you mean prod?']);
  });

  it('is reported with the profiles that define it if none of them is chosen', async () => {
    const ours = project();
    const without = await ours.load();
    expect((await errorOf(() => findIdentity(without, 'deploy'))).hints).toEqual([
      'it is in profile ci: add --profile ci',
      'it is in profile night: add --profile night',
    ]);
    const config = await ours.load({ ATMOS_PROFILE: 'ci' });
    expect(findIdentity(config, 'Deploy').kind).toBe('aws/user');
  });

  it('is unknown if no identities are defined', async () => {
    const ours = createProject({ 'atmos.yaml': '' });
    const config = await ours.load();
    expect(await errorOf(() => findIdentity(config, 'x\u001b[2J'), ours)).toMatchObject({
      code: 'ERR_IDENTITY_UNKNOWN',
      message: 'unknown identity "x\\u001b[2J": no identities are defined in $/atmos.yaml',
      hints: [],
    });
  });

  it('may have no kind until it is used', async () => {
    const ours = createProject({
      'atmos.yaml': 'auth:\n  identities:\n    stub: {}\n',
      'profiles/ci/x.yaml': 'auth: { identities: { Stub: { kind: aws/user } } }',
    });
    const config = await ours.load();
    expect(config.identities).toMatchObject([{ name: 'stub', kind: '' }]);
    expect(await errorOf(() => findIdentity(config, 'stub'), ours)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: 'identity "stub" ($/atmos.yaml:3:5) has no kind',
      hints: [
        'it is in profile ci: add --profile ci',
        `add kind: aws/user (${ours.path('atmos.yaml')}:3:5)`,
      ],
    });
    expect(findIdentity(await ours.load({ ATMOS_PROFILE: 'ci' }), 'stub').kind).toBe('aws/user');
  });

  describe('of a provider that lists identities', () => {
    const list = {
      kind: 'aws/permission-set',
      startedAt: '2026-01-01T00:00:00.000Z',
      isComplete: true,
      groups: [],
    };
    const again = 'if it is new at the portal: atmos auth list --refresh';

    it('is looked for in its list, which is listed again for a new account', async () => {
      const ours = project();
      const config = { ...(await ours.load()), provisioned: [{ provider: 'corp', list }] };
      const error = await errorOf(() => findIdentity(config, 'new/Admin'), ours);
      expect(error.message).toBe(
        'unknown identity "new/Admin": expected one of Dev, prod in $/atmos.yaml, the list of corp',
      );
      expect(error.hints).toEqual([again]);
    });

    it('has no kind to add in atmos.yaml', async () => {
      const ours = createProject({
        'atmos.yaml': 'auth: { identities: { a/b: { default: true } } }',
      });
      const loaded = await ours.load();
      const listed = { ...loaded, provisioned: [{ provider: 'corp', list }] };
      expect(await errorOf(() => findIdentity(listed, 'a/b'), ours)).toMatchObject({
        message: expect.stringContaining('has no kind, and no provider lists it'),
        hints: [again],
      });
      const unlisted = { ...loaded, provisioned: [{ provider: 'corp' }] };
      expect((await errorOf(() => findIdentity(unlisted, 'a/b'), ours)).hints).toEqual([
        'to list the identities it offers: atmos auth login --provider corp',
      ]);
    });

    it.each([
      ['prd/Admin', 'prod/Admin'],
      ['prod/Admn', 'prod/Admin'],
      ['dev/Admin', undefined],
      ['100000000003/Admin', undefined],
    ])('%s is another spelling of %s', async (asked, nearest) => {
      const names = ['prod/Admin', '100000000007/Admin'];
      const identities = names.map((name) => `"${name}": { kind: aws/user }`).join(', ');
      const ours = createProject({ 'atmos.yaml': `auth: { identities: { ${identities} } }` });
      const config = await ours.load();
      expect((await errorOf(() => findIdentity(config, asked), ours)).hints).toEqual(
        nearest === undefined ? [] : [`did you mean ${nearest}?`],
      );
    });
  });
});
