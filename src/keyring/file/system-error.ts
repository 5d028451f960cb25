import { KeyringError, systemErrorCode } from '../../core/errors.ts';
import {
  placeholder,
  setVariable,
  showFreeSpace,
  showPermissions,
  type Hint,
} from '../../core/hint.ts';
import { isRefusal, nearestVisible, reasonOf } from '../../host/denial.ts';

/** Runs file operations and turns the system's errors into the keyring's, naming the path. */
export function translating<T>(doing: string, path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw translateSystemError(doing, path, error);
  }
}

/** The keyring's error for a system error met while `doing` something to `path`. */
export function translateSystemError(doing: string, path: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (error instanceof KeyringError || code === undefined) return error;
  if (isRefusal(error)) {
    return new KeyringError(
      'ERR_KEYRING_PERMISSIONS',
      `cannot ${doing} ${path}: ${reasonOf(code, path)}`,
      {
        hints: refusalHints(path),
        cause: error,
      },
    );
  }
  if (code === 'EBUSY') {
    return new KeyringError('ERR_KEYRING_BUSY', `cannot ${doing} ${path}: it is in use`, {
      cause: error,
    });
  }
  const reason = code === 'ENOENT' ? 'it is not there any more' : reasonOf(code, path);
  return new KeyringError('ERR_KEYRING_IO', `cannot ${doing} ${path}: ${reason}`, {
    hints: hintsFor(code, path),
    cause: error,
  });
}

/** Where the way to it is closed, nothing can be seen of the path itself. */
function refusalHints(path: string): Hint[] {
  const visible = nearestVisible(path)?.path ?? path;
  if (visible === path) return [showPermissions(path)];
  return [
    showPermissions(visible),
    setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory of your own')),
  ];
}

function hintsFor(code: string, path: string): Hint[] {
  if (code === 'ENOSPC' || code === 'EDQUOT') return [showFreeSpace(path)];
  if (code === 'EROFS')
    return [setVariable('ATMOS_KEYRING_FILE_PATH', placeholder('a directory that can be written'))];
  return [];
}
