import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { isRoot } from './privilege.ts';

/** Whether the tests can mount file systems: as root, but not in every container. */
export function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false;
  const directory = mkdtempSync(join(tmpdir(), 'atmos-auth-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]);
  if (status === 0) execFileSync('umount', [directory]);
  rmdirSync(directory);
  return status === 0;
}

/** A new file system with the given mount options. It is removed when the test ends. */
export function mountTmpfs(options: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'atmos-auth-mount-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `mode=700,${options}`, 'tmpfs', directory]);
  onTestFinished(() => {
    execFileSync('umount', [directory]);
    rmdirSync(directory);
  });
  return directory;
}
