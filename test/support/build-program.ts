import { spawnSync } from 'node:child_process';
import { isInCi } from './ci.ts';

/**
 * Before the suites that run it, the program is built. A build that fails stops the run only in CI:
 * while the source is half changed, tests that need no built program still run.
 */
export function setup(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs', '--for-tests'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status === 0) return;
  if (isInCi) throw new Error('the build failed');
  console.error('the build failed: tests that run the program try an older one, or none');
}
