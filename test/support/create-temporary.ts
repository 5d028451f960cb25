import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory under its real path, for those who say themselves when it goes. */
export function createTemporaryDirectory(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-test-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
