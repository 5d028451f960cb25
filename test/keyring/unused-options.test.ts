import { expect, test } from 'vitest';
import { openKeyring, type OpenKeyringOptions } from '../../src/keyring/index.ts';
import { errorOf } from '../support/error-of.ts';

test.each<[OpenKeyringOptions, string]>([
  [{ directory: '/k' }, 'directory'],
  [{ passwordEnv: 'PW' }, 'passwordEnv'],
  [{ passwordFile: '/pw' }, 'passwordFile'],
  [{ passwordCommand: 'pass' }, 'passwordCommand'],
])(
  'openKeyring(%j) without a type is an error: the system keyring was not meant',
  async (options, name) => {
    const error = await errorOf(openKeyring(options));
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `options.${name} is a setting of the file keyring, but no type is chosen, and the default is system`,
      hints: ["pass type: 'file'"],
    });
    expect(await errorOf(openKeyring({ ...options, type: 'memory' }))).toMatchObject({
      message: `options.${name} is a setting of the file keyring, but options.type is memory`,
    });
  },
);
