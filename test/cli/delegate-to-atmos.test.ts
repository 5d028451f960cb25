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
import { delegateToAtmos } from '../../src/cli/delegate-to-atmos.ts';
import { foreignCommand } from '../../src/cli/parse/words.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ourCommands = new Set(['auth', 'version']);

describe('whose command it is', () => {
  test.each([
    ['terraform plan', 'terraform'],
    ['-C dir --config a.yaml --profile=x --no-color terraform plan auth', 'terraform'],
    ['-Cdir terraform', 'terraform'],
    ['help terraform', 'terraform'],
    ['--logs-level=Debug terraform plan', 'terraform'],
    ['--logs-level Debug terraform plan', 'terraform'],
    ['--heatmap-mode bars terraform plan', 'bars'],
    ['auth whoami', undefined],
    ['--logs-level Debug auth whoami', undefined],
    ['--heatmap-mode bars auth whoami', undefined],
    ['-C terraform auth whoami', undefined],
    ['help auth', undefined],
    ['help', undefined],
    ['--help', undefined],
    ['--frobnicate', undefined],
    ['--version', undefined],
    ['-- terraform', undefined],
    ['', undefined],
  ])('%s', (line, command) => {
    expect(foreignCommand(line.split(' ').filter(Boolean), ourCommands)).toBe(command);
  });
});

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

  const request = (args: readonly string[]) => ({ command: args[0] ?? '', args, ourCommands });

  test('gets the whole command line; its exit code is ours', async () => {
    const [ours, theirs] = [place('#!/bin/sh\n'), place('#!/bin/sh\n')];
    const { host, started } = machine([ours.directory, theirs.directory], ours.file);
    const args = ['terraform', 'plan', '--', '-x'];
    expect(await delegateToAtmos(host, request(args))).toBe(9);
    expect(started).toEqual([
      { program: theirs.file, args, env: expect.objectContaining({ PATH: host.env['PATH'] }) },
    ]);
  });

  test('is not ourselves under another name, nor a directory, nor a file that cannot be run', async () => {
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
    await delegateToAtmos(host, request(['describe']));
    expect(started.map(({ program }) => program)).toEqual([theirs.file]);
  });

  test('when it leads back to us, the one after it is taken; in the end there is none', async () => {
    const [ours, shim, copy] = [place('#!/bin/sh\n'), place('#!/bin/sh\n'), place(undefined)];
    copyFileSync(ours.file, copy.file);
    const path = [shim.directory, ours.directory, copy.directory];
    const first = machine(path, ours.file);
    await delegateToAtmos(first.host, request(['stacks']));
    expect(first.started[0]?.program).toBe(shim.file);
    // The shim starts us again.
    const second = machine(path, ours.file, {
      ATMOS_AUTH_HANDED_OVER: first.started[0]?.env['ATMOS_AUTH_HANDED_OVER'] ?? '',
    });
    await delegateToAtmos(second.host, request(['stacks']));
    expect(second.started[0]?.program).toBe(copy.file);
    // The copy is one of ours too, and would go on.
    const third = machine(path, copy.file, {
      ATMOS_AUTH_HANDED_OVER: second.started[0]?.env['ATMOS_AUTH_HANDED_OVER'] ?? '',
    });
    await expect(delegateToAtmos(third.host, request(['stacks']))).rejects.toMatchObject({
      code: 'ERR_USAGE',
    });
    // Another command line, started by the one that took it, begins anew.
    await delegateToAtmos(third.host, request(['terraform']));
    expect(third.started.map(({ program }) => program)).toEqual([shim.file]);
  });

  test('is missed in plain words', async () => {
    const { host } = machine([place(undefined).directory], '/nonexistent');
    await expect(delegateToAtmos(host, request(['verson']))).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message:
        '"verson" is not a command of atmos-auth, and there is no other atmos on PATH to hand it to',
      hints: [
        'did you mean atmos version?',
        'atmos --help',
        'install Atmos for its other commands, and put it on PATH behind this one',
      ],
    });
  });
});
