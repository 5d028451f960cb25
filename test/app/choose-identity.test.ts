import { describe, expect, test } from 'vitest';
import { resolveIdentityName } from '../../src/app/choose-identity.ts';
import type { Picker, PickerQuestion } from '../../src/app/identity-request.ts';
import { AtmosError } from '../../src/core/errors.ts';
import { addOptions, run } from '../../src/core/hint.ts';
import type { Identity } from '../../src/core/kind-config.ts';

function identity(name: string, isDefault = false): Identity {
  return {
    name,
    kind: 'aws/user',
    isDefault,
    principal: {},
    spec: {},
    credentials: {},
    session: {},
    env: [],
    locate: (path = []) => `/p/atmos.yaml#${[name, ...path].join('.')}`,
  };
}

describe('the resolved identity', () => {
  const resolve = (
    request: Parameters<typeof resolveIdentityName>[0],
    identities: readonly Identity[],
    picker: Picker,
  ) => {
    const config = {
      identities,
      profileDirectories: [],
      profiles: [],
      remoteImports: [],
      provisioned: [],
    };
    return resolveIdentityName(request, config, picker);
  };
  const noTerminal = new AtmosError(
    'ERR_NO_TERMINAL',
    'cannot prompt for "Identity": there is no terminal',
  );
  const nobody: Picker = { select: () => Promise.reject(noTerminal) };

  function person(answer: string) {
    const asked: PickerQuestion[] = [];
    const select = (question: PickerQuestion) => {
      asked.push(question);
      return Promise.resolve(answer);
    };
    return { select, asked };
  }

  test('is the given name, unchecked', async () => {
    const name = { value: 'Dev', source: '--identity' };
    expect(await resolve({ kind: 'named', name }, [], nobody)).toBe(name);
  });

  test('is the only default, without a prompt', async () => {
    const identities = [identity('dev'), identity('prod', true)];
    expect(await resolve({ kind: 'default' }, identities, nobody)).toEqual({
      value: 'prod',
      source: 'default (/p/atmos.yaml#prod.default)',
    });
  });

  test('is prompted for with bare -i, even if there is a default', async () => {
    const { select, asked } = person('dev');
    const identities = [identity('dev'), identity('prod', true)];
    expect(await resolve({ kind: 'pick' }, identities, { select })).toEqual({
      value: 'dev',
      source: 'your choice',
    });
    expect(asked).toEqual([
      {
        message: 'Identity',
        choices: ['dev', 'prod'],
        describe: expect.any(Function),
        instead: addOptions(['-i', 'dev'], 'to choose without a prompt'),
      },
    ]);
    expect(asked[0]?.describe?.('dev')).toBe('aws/user');
    const role = {
      ...identity('hub'),
      kind: 'aws/assume-role',
      principal: { assume_role: 'arn:aws:iam::123456789012:role/hub' },
    };
    await resolve({ kind: 'pick' }, [role], { select });
    expect(asked[1]?.describe?.('hub')).toBe('aws/assume-role  123456789012');
    await expect(resolve({ kind: 'pick' }, identities, nobody)).rejects.toBe(noTerminal);
  });

  test('is prompted for without a default; without a terminal the error lists the identities', async () => {
    const identities = [identity('dev'), identity('prod')];
    const { select } = person('prod');
    expect(await resolve({ kind: 'default' }, identities, { select })).toMatchObject({
      value: 'prod',
    });
    await expect(resolve({ kind: 'default' }, identities, nobody)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_REQUIRED',
      message: 'no identity was given and no identity is the default; the identities are dev, prod',
      hints: ['add -i dev', 'export ATMOS_IDENTITY=dev'],
    });
    await expect(resolve({ kind: 'default' }, [identity('a;id')], nobody)).rejects.toMatchObject({
      hints: ["add -i 'a;id'", "export ATMOS_IDENTITY='a;id'"],
    });
  });

  test('is not suggested where there are more than a message shows: the error names the list', async () => {
    const identities = Array.from({ length: 21 }, (_, at) => identity(`i${at}`));
    await expect(resolve({ kind: 'default' }, identities, nobody)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_REQUIRED',
      hints: ['to see the names for -i: atmos auth list', 'add -i <name>'],
    });
    const { select, asked } = person('i3');
    await resolve({ kind: 'pick' }, identities, { select });
    expect(asked[0]?.instead).toEqual(run(['atmos', 'auth', 'list'], 'to see the names for -i'));
  });

  test('is chosen by the user from several defaults; without a terminal the error locates them', async () => {
    const identities = [identity('a', true), identity('b', true), identity('c')];
    const { select, asked } = person('b');
    await resolve({ kind: 'default' }, identities, { select });
    expect(asked[0]?.choices).toEqual(['a', 'b']);
    await expect(resolve({ kind: 'default' }, identities, nobody)).rejects.toMatchObject({
      code: 'ERR_IDENTITY_REQUIRED',
      message:
        'more than one identity is the default: a (/p/atmos.yaml#a.default), b (/p/atmos.yaml#b.default)',
    });
  });

  test('is not determined if the user cancels the prompt', async () => {
    const canceled = new AtmosError('ERR_CANCELLED', 'canceled');
    const select = () => Promise.reject(canceled);
    await expect(resolve({ kind: 'default' }, [identity('a')], { select })).rejects.toBe(canceled);
  });

  test('is an error if no identities are configured', async () => {
    for (const kind of ['default', 'pick'] as const) {
      await expect(resolve({ kind }, [], nobody)).rejects.toMatchObject({
        code: 'ERR_IDENTITY_REQUIRED',
        message: 'no identities are configured',
        hints: ['add one under auth.identities in atmos.yaml'],
      });
    }
  });
});
