import { onTestFinished } from 'vitest';
import { createTemporaryDirectory } from './create-temporary.ts';

/**
 * Creates a directory and returns its real path. The directory and its content are removed when the
 * test ends.
 */
export function temporaryDirectory(): string {
  const { path, remove } = createTemporaryDirectory();
  onTestFinished(remove);
  return path;
}
