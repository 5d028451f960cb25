import {
  copyFileSync,
  linkSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { atmos } from '../../src/cli/command-specs/root.ts';
import { findOtherAtmos, missingAtmos } from '../../src/cli/delegate-to-atmos.ts';
import { foreignCommand } from '../../src/cli/parse/foreign-command.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('the next atmos on PATH', () => {
  interface Started {
    program: string;
    args: readonly string[];
    env: Readonly<Record<string, string | undefined>>;
  }

  function machine(directories: readonly string[], own: string, env: Record<string, string> = {}) {
    const started: Started[] = [];
    const host: Host = fakeHost({
      env: { PATH: directories.join(delimiter), ...env },
      scriptPath: own,
      spawn(program, args, options) {
        started.push({ program, args, env: options.env });
        return { ended: Promise.resolve({ exitCode: 9, signal: null }), kill: () => {} };
      },
    });
    return { host, started };
  }

  function place(content: string | undefined, mode = 0o755): { directory: string; file: string } {
    const directory = temporaryDirectory();
    const file = join(directory, 'atmos');
    if (content !== undefined) writeFileSync(file, content, { mode });
    return { directory, file };
  }

  const running = async (host: Host, args: readonly string[]) =>
    (await findOtherAtmos({ ...host, programArguments: args }))?.run();

  test('gets the whole command line, and sets our exit code', async () => {
    const [ours, theirs] = [place('#!/bin/sh\n'), place('#!/bin/sh\n')];
    const { host, started } = machine([ours.directory, theirs.directory], ours.file);
    const args = ['terraform', 'plan', '--', '-x'];
    expect(await running(host, args)).toBe(9);
    expect(started).toEqual([
      { program: theirs.file, args, env: expect.objectContaining({ PATH: host.env['PATH'] }) },
    ]);
  });

  test('is never this program under another name, a directory, or a file that cannot be run', async () => {
    const ours = place('#!/bin/sh\n');
    const [symbolic, hard, plain, folder, theirs] = [
      place(undefined),
      place(undefined),
      place('x', 0o644),
      place(undefined),
      place('#!/bin/sh\n'),
    ];
    symlinkSync(ours.file, symbolic.file);
    linkSync(ours.file, hard.file);
    mkdirSync(folder.file);
    const all = [symbolic, hard, plain, folder, theirs].map(({ directory }) => directory);
    const { host, started } = machine(
      ['', '.', 'relative', '/nonexistent', ...all],
      realpathSync(ours.file),
    );
    await running(host, ['describe']);
    expect(started.map(({ program }) => program)).toEqual([theirs.file]);
  });

  const guardOf = ({ started }: { started: readonly Started[] }) => ({
    ATMOS_AUTH_DELEGATED: started.at(-1)?.env['ATMOS_AUTH_DELEGATED'] ?? '',
  });

  test('is skipped when it runs us again, until no other one is left', async () => {
    const [ours, shim, copy] = [place('#!/bin/sh\n'), place('#!/bin/sh\n'), place(undefined)];
    copyFileSync(ours.file, copy.file);
    const path = [shim.directory, ours.directory, copy.directory];
    const first = machine(path, ours.file);
    await running({ ...first.host, processId: 10 }, ['stacks']);
    expect(first.started[0]?.program).toBe(shim.file);
    // The shim is replaced by our program, with one more word.
    const second = machine(path, ours.file, guardOf(first));
    const became = { processId: 11, ancestors: () => Promise.resolve([10, 1]) };
    await running({ ...second.host, ...became }, ['stacks', '--no-color']);
    expect(second.started[0]?.program).toBe(copy.file);
    // The copy is also our program, and would continue.
    const third = machine(path, copy.file, guardOf(second));
    const copied = { processId: 12, ancestors: () => Promise.resolve([11, 10]) };
    expect(await running({ ...third.host, ...copied }, ['stacks'])).toBeUndefined();
    expect(third.started).toEqual([]);
  });

  test.each([
    ['a shim that starts our program and waits', [20, 10], ['stacks'], 'next'],
    ['a shim, where the system does not report the parent process', [20], ['stacks'], 'next'],
    ['another command that the other program starts', [20, 10], ['terraform'], 'first'],
    ['the same command in a shell of the other program', [30, 20], ['stacks'], 'first'],
  ] as const)(
    'is chosen by the process that started us: %s',
    async (_, ancestors, args, expected) => {
      const [ours, first, next] = [
        place('#!/bin/sh\n'),
        place('#!/bin/sh\n'),
        place('#!/bin/sh\n'),
      ];
      const path = [ours, first, next].map(({ directory }) => directory);
      const before = machine(path, ours.file);
      await running({ ...before.host, processId: 10 }, ['stacks']);
      const { host, started } = machine(path, ours.file, guardOf(before));
      await running({ ...host, ancestors: () => Promise.resolve(ancestors) }, args);
      expect(started.map(({ program }) => program)).toEqual([
        expected === 'first' ? first.file : next.file,
      ]);
    },
  );

  test('is started again for a command of its own, but only a limited number of times', async () => {
    const [ours, theirs] = [place('#!/bin/sh\n'), place('#!/bin/sh\n')];
    const path = [ours.directory, theirs.directory];
    let env = {};
    for (let round = 0; round < 8; round++) {
      const { host, started } = machine(path, ours.file, env);
      const within = { processId: 10 + round, ancestors: () => Promise.resolve([2, 9 + round]) };
      expect(await running({ ...host, ...within }, ['console'])).toBe(9);
      env = guardOf({ started });
    }
    await expect(running(machine(path, ours.file, env).host, ['console'])).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: `the next atmos on PATH seems to lead back to atmos-auth: after 8 commands that ran each other, the next one would be ${theirs.file}`,
      hints: ['let it start Atmos itself, or remove it from PATH'],
    });
  });

  test('is never one of the scripts of our package, whichever started us', async () => {
    const { directory, file } = place(undefined);
    const scripts = ['main.cjs', 'atmos-auth.cjs'].map((name) => join(directory, name));
    for (const script of scripts) writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync(scripts[0] ?? '', file);
    for (const script of scripts) {
      const { host, started } = machine([directory], script);
      expect(await running(host, ['describe'])).toBeUndefined();
      expect(started).toEqual([]);
    }
  });
});

describe('without another atmos', () => {
  const install = 'install Atmos for its other commands, and put it on PATH after this program';
  const errorFor = (line: string) => {
    const foreign = foreignCommand(line.split(' '), atmos);
    return foreign && missingAtmos(foreign, atmos);
  };

  test.each([
    [
      'verson',
      '"verson" is not a command of atmos-auth, and there is no other atmos on PATH to run it',
      ['did you mean atmos version?', 'atmos --help', install],
    ],
    [
      'help terraform',
      '"terraform" is not a command of atmos-auth, and there is no other atmos on PATH to run it',
      ['atmos --help', install],
    ],
    [
      'auth -i dev console --help',
      '"atmos auth console" is not in this version of atmos-auth, and there is no other atmos on PATH to run it',
      [install],
    ],
  ])('%s is an error that suggests what to use', (line, message, hints) => {
    expect(errorFor(line)).toMatchObject({ code: 'ERR_USAGE', message, hints });
  });

  test.each(['auth lgoin', 'auth user confgure', 'profile lst'])(
    '%s is a mistake that the parser reports',
    (line) => {
      expect(errorFor(line)).toBeUndefined();
    },
  );
});
