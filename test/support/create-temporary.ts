import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// After a program exits, Windows keeps its files locked for a moment.
const removing = { recursive: true, force: true, maxRetries: 10 };

/** Creates a directory and returns its real path. The caller removes it. */
export function createTemporaryDirectory(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-test-')));
  return { path, remove: () => rmSync(path, removing) };
}
