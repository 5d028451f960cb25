import { onTestFinished } from 'vitest';
import { createTemporaryDirectory } from './create-temporary.ts';

/** A new directory under its real path, removed with all that is in it when the test ends. */
export function temporaryDirectory(): string {
  const { path, remove } = createTemporaryDirectory();
  onTestFinished(remove);
  return path;
}
