import { describe, expect, test } from 'vitest';
import { cloudOf, kindOf } from '../../src/clouds/registry.ts';
import { awsUserIdentity } from '../auth/place.ts';
import { errorOf } from '../support/error-of.ts';

describe('the strategy of an identity', () => {
  test('is that of its kind', async () => {
    expect((await kindOf(awsUserIdentity())).rootName).toBe('aws-user');
  });

  test.each(['aws/permission-set', 'aws/assume-role', 'ambient', 'gcp/project', 'mock'])(
    'is not there yet for a kind of Atmos: %s',
    async (kind) => {
      const error = await errorOf(kindOf(awsUserIdentity({ kind })));
      expect(error.code).toBe('ERR_IDENTITY_UNSUPPORTED');
      expect(error.message).toBe(
        `identity dev has the kind ${kind} (/p/atmos.yaml:kind), which this version cannot use yet`,
      );
      expect(error.hints).toEqual(['kinds that work: aws/user']);
    },
  );

  test.each([
    ['aws/usr', 'did you mean aws/user?'],
    ['AWS/User', 'did you mean aws/user?'],
    ['', 'kinds that work: aws/user'],
    ['constructor', 'kinds that work: aws/user'],
    ['__proto__', 'kinds that work: aws/user'],
  ])('is none for a kind there is not: %j', async (kind, hint) => {
    const error = await errorOf(kindOf(awsUserIdentity({ kind })));
    expect(error.code).toBe('ERR_IDENTITY_UNSUPPORTED');
    expect(error.message).toBe(
      `identity dev has an unknown kind ${JSON.stringify(kind)} (/p/atmos.yaml:kind)`,
    );
    expect(error.hints).toEqual([hint]);
  });
});

test('a cloud is found by the type of credentials that its kinds give', async () => {
  const { gives } = await kindOf(awsUserIdentity());
  expect((await cloudOf(gives)).regionVariables).toEqual(['AWS_DEFAULT_REGION', 'AWS_REGION']);
});
