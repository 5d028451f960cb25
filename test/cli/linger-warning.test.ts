import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lingerWarning } from '../../src/cli/linger-warning.ts';
import { run } from '../../src/core/hint.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const user = { userId: 1000 };
const socket = '/run/user/1000/atmos/name.sock';

test('a user without lingering is warned that the last logout locks the keyring', () => {
  expect(lingerWarning(socket, user, temporaryDirectory())).toEqual({
    message: 'it is locked at your last logout, when /run/user/1000 is removed',
    hints: [run(['loginctl', 'enable-linger'], 'to keep it unlocked')],
  });
});

test('a user with lingering, or with another socket directory, is not warned', () => {
  const root = temporaryDirectory();
  expect(lingerWarning('/home/ada/.local/state/atmos/run/name.sock', user, root)).toBeUndefined();
  expect(lingerWarning('/run/user/10001/atmos/name.sock', user, root)).toBeUndefined();
  const linger = join(root, 'var/lib/systemd/linger');
  mkdirSync(linger, { recursive: true });
  writeFileSync(join(linger, userInfo().username), '');
  expect(lingerWarning(socket, user, root)).toBeUndefined();
});
