import type Crypto from 'node:crypto';

/**
 * Returns node:crypto, which is loaded by the first call. That takes about 7 ms, and most commands
 * do not need it.
 */
export function loadCrypto(): typeof Crypto {
  return process.getBuiltinModule('node:crypto');
}
