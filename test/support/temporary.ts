import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A new directory under its real path, removed with all that is in it when the test ends. */
export function temporaryDirectory(): string {
  const { path, remove } = createTemporaryDirectory();
  onTestFinished(remove);
  return path;
}

/** The same for those who say themselves when it goes: a suite, or a contract's place. */
export function createTemporaryDirectory(): { path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'atmos-auth-test-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
