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

describe('by an access list others may', () => {
  test('do nothing where only we, SYSTEM and Administrators are in it', () => {
    expect(permissions(ours).others).toEqual(nothing);
    expect(permissions([]).others).toEqual(nothing);
  });

  test('do everything where there is none', () => {
    expect(permissions(undefined)).toMatchObject({
      others: { read: true, write: true, replace: true },
      openness: 'Everyone (S-1-1-0)',
    });
  });

  test.each<[string, number, object]>([
    ['read', read, { read: true }],
    ['read data', 0x1, { read: true }],
    ['only attributes and the list', 0x20080, {}],
    ['execute', 0x20, {}],
    ['write data', 0x2, { write: true }],
    ['append', 0x4, { write: true }],
    ['delete', 0x10000, { write: true, replace: true }],
    ['change the list', 0x40000, { write: true, replace: true }],
    ['take it', 0x80000, { write: true, replace: true }],
    ['modify', modify, { read: true, write: true, replace: true }],
    ['everything, in general', 0x10000000, { read: true, write: true, replace: true }],
    ['write, in general', 0x40000000, { write: true }],
    ['read, in general', 0x80000000, { read: true }],
  ])('with a right to %s of a file do that', (_, rights, expected) => {
    expect(permissions([...ours, { sid: stranger, rights }]).others).toEqual({
      ...nothing,
      ...expected,
    });
  });

  test.each<[string, Entry]>([
    ['what is handed on to what is made in it', { sid: everyone, rights: full, flags: 0x0b }],
    ['what is denied', { sid: everyone, rights: full, type: 1 }],
    ['what the owner has', { sid: 'S-1-3-4', rights: full }],
    ['who will be the creator', { sid: 'S-1-3-0', rights: full }],
    ['what TrustedInstaller may', { sid: installer, rights: full }],
  ])('not do anything by %s', (_, entry) => {
    expect(permissions([...ours, entry]).others).toEqual(nothing);
  });

  test.each([0x5, 0x9, 0xb, 0x4, 0x40])(
    'do by an entry of kind %d what it says, or all',
    (type) => {
      expect(permissions([{ sid: users, rights: modify, type }]).others).toMatchObject({
        write: true,
      });
    },
  );
});

describe('a directory', () => {
  test('as Windows makes C:\\ can be added to and not replaced', () => {
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

  test('that is a drive can be deleted by nobody, though the list says so', () => {
    const list = [...ours, { sid: authenticated, rights: modify }];
    const drive = { path: 'D:\\', isDirectory: true };
    expect(permissions(list, { ...drive, isRoot: true }).others.replace).toBe(false);
    expect(permissions(list, { ...drive, path: 'D:\\x' }).others.replace).toBe(true);
  });

  test('whose children others may delete can be emptied and filled by them', () => {
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
])('what belongs to %s is ours: %s, trusted: %s', (owner, isOurs, isTrusted) => {
  expect(permissions(ours, { owner })).toMatchObject({ isOurs, isTrusted });
});

test('the commands that mend it name numbers, which every language has', () => {
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

test('the command that withdraws gives nobody more than they had', () => {
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
    ['anything, in general', 0x40000000],
  ])('is led elsewhere by whoever may write its %s', (_, rights) => {
    expect(may(rights)).toEqual({ ...nothing, write: true, replace: true });
    expect(may(rights, {}).replace).toBe(false);
  });

  test('is not by whoever may look at it', () => {
    expect(may(read)).toEqual({ ...nothing, read: true });
  });

  test('is mended itself, and not what it leads to', () => {
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
])('of two things the one counts that %s', (_, expected, entries, options) => {
  const [safe, weak] = [permissions(ours), permissions(entries, options)];
  for (const both of [
    [safe, weak],
    [weak, safe],
  ]) {
    expect(weakest(both)).toBe(weak);
  }
  expect(weak).toMatchObject(expected);
});

test('a descriptor that is cut short is no descriptor', () => {
  const whole = descriptorOf(us, ours);
  for (let length = 0; length < whole.length; length += 7) {
    expect(() => parseSecurityDescriptor(whole.subarray(0, length))).toThrow(RangeError);
  }
});
