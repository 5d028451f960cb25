import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { examineSecretFile } from '../../src/keyring/examine-secret-file.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const userId = process.getuid?.();

function secretFile(mode: number): string {
  const path = join(temporaryDirectory(), 'identity.txt');
  writeFileSync(path, 'secret');
  chmodSync(path, mode);
  return path;
}

const examine = (path: string, as = userId) =>
  examineSecretFile('identity', { value: path, source: 'identity_file' }, { userId: as });

// Windows has access lists instead of modes.
describe.runIf(userId !== undefined)('a secret file', () => {
  test.each([0o644, 0o640, 0o602])('with mode %o is a warning', (mode) => {
    const path = secretFile(mode);
    expect(examine(path)).toEqual([
      {
        id: 'secret-file',
        state: 'warning',
        message: `other users can access the identity file ${path} (from identity_file), which opens the keyring (mode 0${mode.toString(8)})`,
        hints: [{ kind: 'run', command: ['chmod', '600', path] }],
      },
    ]);
  });

  test('that only its user can access is nothing to report', () => {
    expect(examine(secretFile(0o600))).toEqual([]);
    expect(examine(secretFile(0o400))).toEqual([]);
  });

  test('is examined where a link leads', () => {
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(secretFile(0o644), link);
    expect(examine(link)).toHaveLength(1);
  });

  test('of another user, or that is missing or not configured, is not examined', () => {
    expect(examine(secretFile(0o644), (userId ?? 0) + 1)).toEqual([]);
    expect(examine('/nonexistent')).toEqual([]);
    expect(examine('/')).toEqual([]);
    expect(examineSecretFile('identity', undefined, { userId })).toEqual([]);
  });
});
