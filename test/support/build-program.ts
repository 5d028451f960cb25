import { spawnSync } from 'node:child_process';
import { isInCi } from './ci.ts';

/**
 * Builds the program before the suites that run it. A failed build stops the run only in CI.
 * Locally, tests that need no built program still run while the source is incomplete.
 */
export function setup(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--for-tests'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  if (isInCi) throw new Error('the build failed');
  console.error('the build failed: tests that run the program try an older one, or none');
}
