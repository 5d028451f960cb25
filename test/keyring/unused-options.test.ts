import { expect, test } from 'vitest';
import { openKeyring, type OpenKeyringOptions } from '../../src/keyring/index.ts';
import { errorOf } from '../support/error-of.ts';

test.each<[OpenKeyringOptions, string, string?]>([
  [{ directory: '/k' }, 'directory'],
  [{ passwordEnv: 'PW' }, 'passwordEnv'],
  [{ passwordFile: '/pw' }, 'passwordFile'],
  [{ passwordCommand: 'pass' }, 'passwordCommand'],
  [{ recipients: ['age1reader'] }, 'recipients'],
  [{ identityFile: '/identity' }, 'identityFile'],
  [{ address: 'https://vault.example.com' }, 'address', 'vault'],
  [{ namespace: 'team' }, 'namespace', 'vault'],
  [{ mount: 'kv' }, 'mount', 'vault'],
  [{ prefix: 'keys' }, 'prefix', 'vault'],
  [{ caCert: '/ca.pem' }, 'caCert', 'vault'],
  [{ tlsServerName: 'vault' }, 'tlsServerName', 'vault'],
  [{ auth: { method: 'approle' } }, 'auth.method', 'vault'],
  [{ auth: { mount: 'ci' } }, 'auth.mount', 'vault'],
  [{ auth: { role: 'ci' } }, 'auth.role', 'vault'],
  [{ auth: { roleId: 'id' } }, 'auth.roleId', 'vault'],
  [{ auth: { secretIdEnv: 'SECRET_ID' } }, 'auth.secretIdEnv', 'vault'],
  [{ auth: { secretIdFile: '/secret-id' } }, 'auth.secretIdFile', 'vault'],
  [{ auth: { tokenFile: '/token' } }, 'auth.tokenFile', 'vault'],
  [{ auth: { tokenCommand: 'print-token' } }, 'auth.tokenCommand', 'vault'],
])(
  'openKeyring(%j) without a type is an error: the system keyring was not meant',
  async (options, name, type = 'file') => {
    const error = await errorOf(openKeyring(options));
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: `options.${name} is a setting of the ${type} keyring, but no type is chosen, and the default is system`,
      hints: [`pass type: '${type}'`],
    });
    expect(await errorOf(openKeyring({ ...options, type: 'memory' }))).toMatchObject({
      message: `options.${name} is a setting of the ${type} keyring, but options.type is memory`,
    });
  },
);
