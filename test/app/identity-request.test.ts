import { describe, expect, test } from 'vitest';
import { requestedIdentity, type IdentityRequest } from '../../src/app/identity-request.ts';

describe('the requested identity', () => {
  const silent = { environment: {} };
  const absent = { identity: { kind: 'absent' }, operand: undefined } as const;
  const named = (name: string, source: string): IdentityRequest => ({
    kind: 'named',
    name: { value: name, source },
  });

  test.each([
    [absent, {}, { kind: 'default' }],
    [absent, { ATMOS_IDENTITY: '' }, { kind: 'default' }],
    [absent, { ATMOS_IDENTITY: 'dev' }, named('dev', 'ATMOS_IDENTITY')],
    [{ ...absent, identity: { kind: 'bare' } }, { ATMOS_IDENTITY: 'dev' }, { kind: 'pick' }],
    [
      { ...absent, identity: { kind: 'named', name: 'prod' } },
      { ATMOS_IDENTITY: 'dev' },
      named('prod', '--identity'),
    ],
    [{ ...absent, operand: 'prod' }, { ATMOS_IDENTITY: 'off' }, named('prod', 'the command line')],
    [
      absent,
      { ATMOS_IDENTITY: 'FALSE' },
      { kind: 'none', word: { value: 'FALSE', source: 'ATMOS_IDENTITY' } },
    ],
    [
      { ...absent, identity: { kind: 'picked', name: 'no', description: '', realm: 'r' } },
      { ATMOS_IDENTITY: 'dev' },
      named('no', 'your choice'),
    ],
    ...['false', 'off', 'no', '0'].map(
      (name) =>
        [
          { ...absent, identity: { kind: 'named', name } },
          {},
          { kind: 'none', word: { value: name, source: '--identity' } },
        ] as const,
    ),
  ] as const)('%j with %j', (invocation, env, request) => {
    expect(requestedIdentity(invocation, { env }, silent)).toEqual(request);
  });

  test('is named by the top-level env: of atmos.yaml if the environment does not name it', () => {
    const environment = { ATMOS_IDENTITY: { value: 'dev', source: 'env.ATMOS_IDENTITY (/p:1:1)' } };
    const request = (env: Record<string, string>) =>
      requestedIdentity(absent, { env }, { environment });
    expect(request({})).toEqual(named('dev', 'env.ATMOS_IDENTITY (/p:1:1)'));
    expect(request({ ATMOS_IDENTITY: 'prod' })).toEqual(named('prod', 'ATMOS_IDENTITY'));
    expect(request({ ATMOS_IDENTITY: '' })).toEqual({ kind: 'default' });
  });

  test.each([{ kind: 'bare' }, { kind: 'named', name: 'prod' }] as const)(
    'must not be given both as operand and with -i',
    (option) => {
      expect(() =>
        requestedIdentity({ identity: option, operand: 'dev' }, { env: {} }, silent),
      ).toThrow(
        expect.objectContaining({
          code: 'ERR_USAGE',
          message: 'the identity is given twice: as "dev" and with -i',
        }),
      );
    },
  );
});
