import { createPartedKeyring } from '../../chunked-store.ts';
import type { BackendContext } from '../../contract.ts';
import type { Finding } from '../../inspection.ts';
import { examineParts } from '../examine-parts.ts';
import { openKeychainStore } from './items.ts';

export async function examineKeychain(context: BackendContext): Promise<Finding[]> {
  const store = openKeychainStore(context, { mayReplace: true });
  const { host } = context;
  return examineParts(createPartedKeyring(store, { host, named: 'the macOS keychain' }));
}
