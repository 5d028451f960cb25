import { posix, win32 } from 'node:path';
import { expect, test } from 'vitest';
import { followPath } from '../../src/host/follow-path.ts';

/** Follows a path in a file system that has only these links; everything else is a directory. */
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
  ['a link to the root of its drive', 'D:\\me\\k', { 'D:\\me': '\\you' }, 'D:\\you\\k'],
  ['a link to its own directory', 'C:\\me\\k', { 'C:\\me': '..\\you\\.' }, 'C:\\you\\k'],
  ['a link to a share', 'C:\\k\\x', { 'C:\\k': '\\\\server\\share\\k' }, '\\\\server\\share\\k\\x'],
  [
    'a link on a share',
    '\\\\server\\share\\k',
    { '\\\\server\\share\\k': '\\l' },
    '\\\\server\\share\\l',
  ],
  ['a link to a literal path', 'C:\\k', { 'C:\\k': '\\\\?\\D:\\l' }, 'D:\\l'],
  ['a link to a literal path of the kernel', 'C:\\k', { 'C:\\k': '\\??\\D:\\l' }, 'D:\\l'],
  [
    'a link to a literal path on a share',
    'C:\\k',
    { 'C:\\k': '\\\\?\\UNC\\server\\share\\l' },
    '\\\\server\\share\\l',
  ],
  [
    'a link to a volume without a drive letter',
    'C:\\k',
    { 'C:\\k': '\\\\?\\Volume{1-2}\\l' },
    '\\\\?\\Volume{1-2}\\l',
  ],
])('follows %s on Windows', (_, path, links: Record<string, string>, expected) => {
  expect(following(path, links).real).toBe(expected);
});

test('reports the root of the other drive as a step', () => {
  expect(following('C:\\a\\k', { 'C:\\a': 'D:\\b' }).passed).toEqual([
    'C:\\',
    'C:\\a',
    'D:\\',
    'D:\\b',
    'D:\\b\\k at last',
  ]);
});

test('resolves links from the root or from their directory on other systems', () => {
  const links = { '/a': '/b//c', '/b/c/d': '../\\?' };
  expect(following('/a/d/e', links, posix).real).toBe('/b/\\?/e');
});

test('reports a link cycle as too many links', () => {
  const follow = () => following('C:\\a', { 'C:\\a': 'D:\\a', 'D:\\a': 'C:\\a' });
  expect(follow).toThrow(expect.objectContaining({ code: 'ELOOP', path: 'C:\\a' }));
});
