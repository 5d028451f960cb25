import { setVariable, type Hint } from '../../core/hint.ts';

// Hints for systems whose keyring cannot be used.

export const useFile: Hint = setVariable(
  'ATMOS_KEYRING_TYPE',
  'file',
  'to use an encrypted file with a password',
);

export const useMemory: Hint = setVariable(
  'ATMOS_KEYRING_TYPE',
  'memory',
  'to keep nothing after this command',
);
