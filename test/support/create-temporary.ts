import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Windows lets nothing be removed for a moment after a program of it has ended.
const removing = { recursive: true, force: true, maxRetries: 10 };

/** A new directory under its real path, for those who say themselves when it goes. */
export function createTemporaryDirectory(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-test-')));
  return { path, remove: () => rmSync(path, removing) };
}
