import { posix, win32 } from 'node:path';
import { expect, test } from 'vitest';
import { followPath } from '../../src/host/follow-path.ts';

/** Follows a path where these links are, and everything else is a directory. */
function following(path: string, links: Readonly<Record<string, string>>, paths = win32) {
  const passed: string[] = [];
  const real = followPath(
    path,
    (at, isLast) => {
      passed.push(isLast ? `${at} at last` : at);
      const leadsTo = links[at];
      return leadsTo === undefined ? {} : { leadsTo };
    },
    paths,
  );
  return { real, passed };
}

test.each([
  [
    'a junction to the same folder of another drive',
    'C:\\Users\\me',
    { 'C:\\Users': 'D:\\Users' },
    'D:\\Users\\me',
  ],
  ['a link to another drive', 'C:\\me\\k', { 'C:\\me\\k': 'D:\\secrets' }, 'D:\\secrets'],
  ['one to the root of its drive', 'D:\\me\\k', { 'D:\\me': '\\you' }, 'D:\\you\\k'],
  ['one beside it', 'C:\\me\\k', { 'C:\\me': '..\\you\\.' }, 'C:\\you\\k'],
  ['one to a share', 'C:\\k\\x', { 'C:\\k': '\\\\server\\share\\k' }, '\\\\server\\share\\k\\x'],
  [
    'one on a share',
    '\\\\server\\share\\k',
    { '\\\\server\\share\\k': '\\l' },
    '\\\\server\\share\\l',
  ],
  ['a path that is taken as it is', 'C:\\k', { 'C:\\k': '\\\\?\\D:\\l' }, 'D:\\l'],
  ['such a one of the system', 'C:\\k', { 'C:\\k': '\\??\\D:\\l' }, 'D:\\l'],
  [
    'such a one of a share',
    'C:\\k',
    { 'C:\\k': '\\\\?\\UNC\\server\\share\\l' },
    '\\\\server\\share\\l',
  ],
  [
    'a volume without a drive',
    'C:\\k',
    { 'C:\\k': '\\\\?\\Volume{1-2}\\l' },
    '\\\\?\\Volume{1-2}\\l',
  ],
])('%s is followed on Windows', (_, path, links: Record<string, string>, expected) => {
  expect(following(path, links).real).toBe(expected);
});

test('the root of the other drive is passed as well', () => {
  expect(following('C:\\a\\k', { 'C:\\a': 'D:\\b' }).passed).toEqual([
    'C:\\',
    'C:\\a',
    'D:\\',
    'D:\\b',
    'D:\\b\\k at last',
  ]);
});

test('elsewhere every link begins at the one root, or beside itself', () => {
  const links = { '/a': '/b//c', '/b/c/d': '../\\?' };
  expect(following('/a/d/e', links, posix).real).toBe('/b/\\?/e');
});

test('links that lead in a circle are too many', () => {
  const follow = () => following('C:\\a', { 'C:\\a': 'D:\\a', 'D:\\a': 'C:\\a' });
  expect(follow).toThrow(expect.objectContaining({ code: 'ELOOP', path: 'C:\\a' }));
});
