import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { isSameProgram, programsNamed, startsScript } from '../../src/host/find-program.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test.skipIf(process.platform === 'win32')(
  'programs with the same name are found in the order of PATH',
  async () => {
    const [first, second, third] = [1, 2, 3].map(temporaryDirectory) as [string, string, string];
    writeFileSync(join(first, 'tool'), '');
    mkdirSync(join(second, 'tool'));
    const program = join(third, 'tool');
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const link = join(second, 'other');
    symlinkSync(program, link);
    const PATH = ['relative', '', first, second, third, third].join(delimiter);
    const host = { env: { PATH }, platform: process.platform };
    expect(await programsNamed('tool', host)).toEqual([program, program]);
    expect(await programsNamed('other', host)).toEqual([link]);
    expect(await programsNamed('none', host)).toEqual([]);
    expect(await programsNamed('tool', { ...host, env: {} })).toEqual([]);
    expect([isSameProgram(link, program), isSameProgram(join(first, 'tool'), program)]).toEqual([
      true,
      false,
    ]);
  },
);

test('a batch file starts the scripts that it names; one that cannot be read may start any script', () => {
  const directory = temporaryDirectory();
  const script = join(directory, 'main.cjs');
  writeFileSync(script, '');
  const shim = join(directory, 'tool.cmd');
  const line = '@"%~dp0\\node.exe" "%~dp0\\main.cjs" %*\r\n';
  writeFileSync(shim, line);
  expect(startsScript(shim, script)).toBe(true);
  expect(startsScript(shim, join(directory, 'other.cjs'))).toBe(false);
  writeFileSync(shim, `${'rem\r\n'.repeat(2000)}${line}`);
  expect(startsScript(shim, script)).toBe(false);
  expect(startsScript(join(directory, 'none.cmd'), script)).toBe(true);
  expect(startsScript(join(directory, 'none.exe'), script)).toBe(false);
});
