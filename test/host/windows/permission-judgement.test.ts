import { describe, expect, test } from 'vitest';
import { powerShellSyntax } from '../../../src/core/format-hint-windows.ts';
import { formatHint } from '../../../src/core/format-hint.ts';
import type { Hint } from '../../../src/core/hint.ts';
import { judge, weakest } from '../../../src/host/windows/permission-judgement.ts';
import { parseSecurityDescriptor } from '../../../src/host/windows/security-descriptor.ts';
import { descriptorOf, type Entry } from './access-list.ts';

const us = 'S-1-5-21-1-2-3-1001';
const stranger = 'S-1-5-21-1-2-3-1002';
const [system, administrators, everyone] = ['S-1-5-18', 'S-1-5-32-544', 'S-1-1-0'];
const [authenticated, users] = ['S-1-5-11', 'S-1-5-32-545'];
const installer = 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464';
const [full, modify, read, addDirectory] = [0x1f01ff, 0x1301bf, 0x1200a9, 0x4];
const ours: readonly Entry[] = [us, system, administrators].map((sid) => ({ sid, rights: full }));
const nothing = { read: false, write: false, replace: false };

function inPowerShell(hint: Hint): string {
  return formatHint(hint, powerShellSyntax);
}

interface Looked {
  owner?: string | undefined;
  path?: string;
  isDirectory?: boolean;
  isRoot?: boolean;
  isLink?: boolean;
}

function permissions(entries: readonly Entry[] | undefined, options: Looked = {}) {
  const { path = 'C:\\k\\key', isDirectory = false, isRoot = false, isLink = false } = options;
  const owner = 'owner' in options ? options.owner : us;
  const descriptor = parseSecurityDescriptor(descriptorOf(owner, entries));
  return judge({ path, isDirectory, isRoot, isLink, descriptor }, us);
}

describe('an access list lets other users', () => {
  test('do nothing if only the current user, SYSTEM and Administrators are in it', () => {
    expect(permissions(ours).others).toEqual(nothing);
    expect(permissions([]).others).toEqual(nothing);
  });

  test('do everything if it is missing', () => {
    expect(permissions(undefined)).toMatchObject({
      others: { read: true, write: true, replace: true },
      openness: 'Everyone (S-1-1-0)',
    });
  });

  test.each<[string, number, object]>([
    ['read', read, { read: true }],
    ['read data', 0x1, { read: true }],
    ['read only attributes and the access list', 0x20080, {}],
    ['execute', 0x20, {}],
    ['write data', 0x2, { write: true }],
    ['append', 0x4, { write: true }],
    ['delete', 0x10000, { write: true, replace: true }],
    ['change the access list', 0x40000, { write: true, replace: true }],
    ['take ownership', 0x80000, { write: true, replace: true }],
    ['modify', modify, { read: true, write: true, replace: true }],
    ['do everything (generic right)', 0x10000000, { read: true, write: true, replace: true }],
    ['write (generic right)', 0x40000000, { write: true }],
    ['read (generic right)', 0x80000000, { read: true }],
  ])('use a file according to the right to %s', (_, rights, expected) => {
    expect(permissions([...ours, { sid: stranger, rights }]).others).toEqual({
      ...nothing,
      ...expected,
    });
  });

  test.each<[string, Entry]>([
    ['an entry that only new files inherit', { sid: everyone, rights: full, flags: 0x0b }],
    ['a deny entry', { sid: everyone, rights: full, type: 1 }],
    ['the rights of the owner', { sid: 'S-1-3-4', rights: full }],
    ['the rights of a future creator', { sid: 'S-1-3-0', rights: full }],
    ['the rights of TrustedInstaller', { sid: installer, rights: full }],
  ])('do nothing because of %s', (_, entry) => {
    expect(permissions([...ours, entry]).others).toEqual(nothing);
  });

  test.each([0x5, 0x9, 0xb, 0x4, 0x40])(
    'do everything that an entry of type %d may grant',
    (type) => {
      expect(permissions([{ sid: users, rights: modify, type }]).others).toMatchObject({
        write: true,
      });
    },
  );
});

describe('a directory', () => {
  test('with the permissions of C:\\ can be added to but not replaced', () => {
    const list = [
      ...ours,
      { sid: users, rights: read },
      { sid: authenticated, rights: addDirectory },
      { sid: authenticated, rights: modify, flags: 0x0b },
    ];
    const root = { owner: installer, path: 'C:\\', isDirectory: true, isRoot: true };
    expect(permissions(list, root)).toMatchObject({
      isOurs: false,
      isTrusted: true,
      others: { read: true, write: true, replace: false },
    });
  });

  test('that is the root of a drive cannot be deleted, even if the list allows it', () => {
    const list = [...ours, { sid: authenticated, rights: modify }];
    const drive = { path: 'D:\\', isDirectory: true };
    expect(permissions(list, { ...drive, isRoot: true }).others.replace).toBe(false);
    expect(permissions(list, { ...drive, path: 'D:\\x' }).others.replace).toBe(true);
  });

  test('can be emptied and filled by users who may delete its children', () => {
    const list = [...ours, { sid: everyone, rights: 0x40 }];
    expect(permissions(list, { isDirectory: true }).others.replace).toBe(true);
    expect(permissions(list).others.replace).toBe(false);
  });
});

test.each([
  [us, true, true],
  [administrators, true, true],
  [system, true, true],
  [installer, false, true],
  [stranger, false, false],
  [undefined, false, false],
])('a file with the owner %s isOurs: %s, isTrusted: %s', (owner, isOurs, isTrusted) => {
  expect(permissions(ours, { owner })).toMatchObject({ isOurs, isTrusted });
});

test('the commands contain identifiers, which are the same in every language', () => {
  const entries = [...ours, { sid: everyone, rights: read }, { sid: users, rights: modify }];
  const path = 'C:\\Users\\A b\\k';
  const judged = permissions(entries, { path, isDirectory: true });
  expect(judged.openness).toBe('Everyone (S-1-1-0), Users (S-1-5-32-545)');
  expect(inPowerShell(judged.withdrawCommand())).toBe(
    `icacls "${path}" /inheritance:d /grant:r "*S-1-5-32-545:(OI)(CI)RX"`,
  );
  expect(inPowerShell(judged.closeCommand())).toBe(
    `icacls "${path}" /inheritance:r /grant:r "*${us}:(OI)(CI)F" "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" /remove:g "*S-1-1-0" "*S-1-5-32-545"`,
  );
  expect(inPowerShell(judged.ownCommand())).toBe(`icacls "${path}" /setowner "*${us}"`);
});

test('the command that removes write access grants no new access', () => {
  const [deleting, writing] = [0x10000, 0x2];
  const entries = [
    ...ours,
    { sid: users, rights: deleting },
    { sid: stranger, rights: writing },
    { sid: stranger, rights: read },
  ];
  expect(inPowerShell(permissions(entries).withdrawCommand())).toBe(
    `icacls C:\\k\\key /inheritance:d /grant:r "*${stranger}:RX" /remove:g "*${users}"`,
  );
  expect(
    inPowerShell(permissions([...ours, { sid: users, rights: deleting }]).withdrawCommand()),
  ).toBe(`icacls C:\\k\\key /inheritance:d /remove:g "*${users}"`);
});

describe('a link', () => {
  const link = { path: 'C:\\k', isLink: true };
  const may = (rights: number, options: Looked = link) =>
    permissions([...ours, { sid: users, rights }], options).others;

  test.each([
    ['data', 0x2],
    ['attributes', 0x100],
    ['anything (generic right)', 0x40000000],
  ])('can be redirected by users who may write its %s', (_, rights) => {
    expect(may(rights)).toEqual({ ...nothing, write: true, replace: true });
    expect(may(rights, {}).replace).toBe(false);
  });

  test('cannot be redirected by users who may only read it', () => {
    expect(may(read)).toEqual({ ...nothing, read: true });
  });

  test('is changed itself by the command, not its target', () => {
    const judged = permissions([...ours, { sid: users, rights: 0x100 }], link);
    expect(inPowerShell(judged.withdrawCommand())).toBe(
      `icacls C:\\k /L /inheritance:d /remove:g "*${users}"`,
    );
  });
});

test.each<[string, object, readonly Entry[], Looked]>([
  ['belongs to a stranger', { isTrusted: false }, ours, { owner: stranger }],
  ['others can replace', { others: { replace: true } }, [{ sid: users, rights: 0x10000 }], {}],
  ['others can write', { others: { write: true } }, [{ sid: users, rights: 0x4 }], {}],
  ['belongs to the system', { isOurs: false }, ours, { owner: installer }],
  ['others can read', { others: { read: true } }, [{ sid: users, rights: read }], {}],
])('the weakest of two permissions is the one that %s', (_, expected, entries, options) => {
  const [safe, weak] = [permissions(ours), permissions(entries, options)];
  for (const both of [
    [safe, weak],
    [weak, safe],
  ]) {
    expect(weakest(both)).toBe(weak);
  }
  expect(weak).toMatchObject(expected);
});

test('a truncated security descriptor is an error', () => {
  const whole = descriptorOf(us, ours);
  for (let length = 0; length < whole.length; length += 7) {
    expect(() => parseSecurityDescriptor(whole.subarray(0, length))).toThrow(RangeError);
  }
});
