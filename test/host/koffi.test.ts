import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { koffiVersion, loadKoffi, nativePartOf } from '../../src/host/koffi.ts';

const require = createRequire(import.meta.filename);
const glibc = () => '\x7fELF … /lib64/ld-linux-x86-64.so.2\0';
const musl = () => '\x7fELF … /lib/ld-musl-aarch64.so.1\0';

test('the native part is in the package for the system and its C library', () => {
  const of = (platform: NodeJS.Platform, arch: NodeJS.Architecture, readStart: () => string) =>
    nativePartOf({ platform, arch }, readStart);
  const unread = () => expect.unreachable();
  expect(of('linux', 'x64', glibc)).toBe('@koromix/koffi-linux-x64/linux_x64/koffi.node');
  expect(of('linux', 'arm64', musl)).toBe('@koromix/koffi-linux-arm64/musl_arm64/koffi.node');
  expect(of('win32', 'x64', unread)).toBe('@koromix/koffi-win32-x64/win32_x64/koffi.node');
  expect(of('darwin', 'arm64', unread)).toBe('@koromix/koffi-darwin-arm64/darwin_arm64/koffi.node');
});

test('koffi itself finds the native part on other systems and for an unknown C library', () => {
  expect(nativePartOf({ platform: 'linux', arch: 'arm' }, glibc)).toBe(undefined);
  expect(nativePartOf({ platform: 'freebsd', arch: 'x64' }, glibc)).toBe(undefined);
  expect(nativePartOf({ platform: 'linux', arch: 'x64' }, () => 'no loader')).toBe(undefined);
});

test.skipIf(nativePartOf(process, glibc) === undefined)(
  'only the native part is loaded, once in a process that also uses koffi',
  () => {
    const loaded = () => Object.keys(require.cache).filter((path) => /\bkoffi\b/.test(path));
    const koffi = loadKoffi();
    expect(loaded()).toEqual([expect.stringMatching(/[/\\]koffi\.node$/)]);
    expect(require('koffi').default).toBe(koffi);
    expect(loaded().filter((path) => path.endsWith('.node'))).toHaveLength(1);
  },
);

test('the expected version is the installed one', () => {
  const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(manifest).toMatchObject({ dependencies: { koffi: koffiVersion } });
  expect(loadKoffi().version).toBe(koffiVersion);
});
