import type { BackendContext } from '../../contract.ts';
import type { Finding } from '../../inspection.ts';
import { examineParts } from '../examine-parts.ts';
import { openParted } from './keyring.ts';

export async function examineCredentials(context: BackendContext): Promise<Finding[]> {
  return examineParts(openParted(context));
}
