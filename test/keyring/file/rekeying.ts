import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isUtf8 } from 'node:buffer';
import type { RekeyResult } from '../../../src/keyring/contract.ts';
import { rekeyKeyring, type FileRekeyOptions } from '../../../src/keyring/file/rekey.ts';
import { openJwe, parseJwe } from '../../../src/keyring/file/jwe.ts';
import {
  createTestContext,
  openTestKeyring,
  testPassword,
  type FileKeyringOptions,
} from '../../support/file-keyring.ts';
import { wrappingKey } from './tokens.ts';

export const newPassword = 'the password from now on';

export interface Rekeying extends Omit<FileRekeyOptions, 'newPassword'> {
  /** The current password as given. */
  from?: string;
  /** Null: `--upgrade`. */
  to?: string | null;
  host?: FileKeyringOptions['host'];
}

export function rekey(directory: string, rekeying: Rekeying = {}): Promise<RekeyResult> {
  const { from = testPassword, to = newPassword, host, ...options } = rekeying;
  const context = createTestContext({ directory, password: from, ...(host ? { host } : {}) });
  return rekeyKeyring(context, {
    ...(to === null ? {} : { newPassword: { ask: async () => to } }),
    ...options,
  });
}

/** Each entry's value with this password, or the code of its error. */
export async function valuesUnder(
  directory: string,
  password: string,
): Promise<Record<string, string | null>> {
  const keyring = openTestKeyring({ directory, password, host: { sleep: async () => {} } });
  const values: Record<string, string | null> = {};
  for (const key of await keyring.keys()) {
    values[key] = await keyring.get(key).catch((error: { code: string }) => error.code);
  }
  await keyring.close();
  return values;
}

/** Names of the files that the password opens, including the state, read without the keyring. */
export async function filesUnder(directory: string, password: string): Promise<string[]> {
  const opened: string[] = [];
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const token = tokenOf(join(directory, name));
    if (token === undefined) continue;
    const key = await wrappingKey(token.parameters, password);
    if ('plaintext' in openJwe(token, key)) opened.push(name);
  }
  return opened.sort();
}

function tokenOf(path: string) {
  try {
    const bytes = readFileSync(path);
    const token = isUtf8(bytes) ? parseJwe(bytes.toString()) : { fault: 'binary' };
    return 'fault' in token ? undefined : token;
  } catch {
    return undefined;
  }
}
