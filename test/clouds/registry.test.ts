import { describe, expect, test } from 'vitest';
import { cloudOf, identityKinds, kindOf } from '../../src/clouds/registry.ts';
import { awsUserIdentity } from '../auth/place.ts';
import { errorOf } from '../support/error-of.ts';

describe('the strategy of an identity', () => {
  test('is selected by its kind', async () => {
    expect((await kindOf(awsUserIdentity())).rootName).toBe('aws-user');
  });

  test.each(['azure/subscription', 'aws/emulator', 'gcp/project', 'mock'])(
    'is not supported yet for a kind of Atmos: %s',
    async (kind) => {
      const error = await errorOf(kindOf(awsUserIdentity({ kind })));
      expect(error.code).toBe('ERR_IDENTITY_UNSUPPORTED');
      expect(error.message).toBe(
        `identity dev has the kind ${kind} (/p/atmos.yaml:kind), which this version does not support`,
      );
      expect(error.hints).toEqual([`supported kinds: ${identityKinds.join(', ')}`]);
    },
  );

  test.each([
    ['aws/usr', 'did you mean aws/user?'],
    ['AWS/User', 'did you mean aws/user?'],
    ['', `supported kinds: ${identityKinds.join(', ')}`],
    ['constructor', `supported kinds: ${identityKinds.join(', ')}`],
    ['__proto__', `supported kinds: ${identityKinds.join(', ')}`],
  ])('is unknown for a kind that does not exist: %j', async (kind, hint) => {
    const error = await errorOf(kindOf(awsUserIdentity({ kind })));
    expect(error.code).toBe('ERR_IDENTITY_UNSUPPORTED');
    expect(error.message).toBe(
      `identity dev has an unknown kind ${JSON.stringify(kind)} (/p/atmos.yaml:kind)`,
    );
    expect(error.hints).toEqual([hint]);
  });
});

test('a cloud is selected by the type of credentials of its kinds', async () => {
  expect((await kindOf(awsUserIdentity())).gives).toBe('aws');
  expect((await cloudOf('aws')).regionVariables).toEqual(['AWS_DEFAULT_REGION', 'AWS_REGION']);
});
