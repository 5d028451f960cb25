import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram, runShell } from '../../src/host/processes.ts';
import { programFiles, windowsProgram } from '../../src/host/windows/programs.ts';
import { shortPath } from '../../src/host/windows/short-path.ts';
import { isWine } from '../platform/installed.ts';
import type { PlatformSuite } from '../platform/suite.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

const limits = { timeoutMs: 20_000, maxBytes: 1024 * 1024 };

/** Runs a test in a temporary folder with a space in its name. */
async function inFolder(run: (folder: string) => Promise<void> | void): Promise<void> {
  const { path, remove } = createTemporaryDirectory();
  const folder = join(path, 'my programs');
  mkdirSync(folder);
  const before = process.cwd();
  process.chdir(folder);
  try {
    await run(folder);
  } finally {
    process.chdir(before);
    remove();
  }
}

/** A batch file like those of npm, which starts a script with its own arguments. */
function placeBatchFile(folder: string, name: string): void {
  writeFileSync(
    join(folder, 'show.cjs'),
    'process.stdout.write(JSON.stringify(process.argv.slice(2)))',
  );
  const lines = ['@ECHO off', 'SETLOCAL', `"${process.execPath}" "%~dp0\\show.cjs" %*`];
  writeFileSync(join(folder, name), `${lines.join('\r\n')}\r\n`);
}

// Each value contains characters that cmd.exe or a program could interpret.
const hostile = [
  'plain',
  'two words',
  '',
  'a&whoami>pwned',
  'a"&whoami>pwned&"',
  '"&whoami>pwned',
  'a|whoami',
  '<in>out',
  '(x)',
  '^',
  '^&whoami',
  '!PATH!',
  '"',
  '""',
  '\\',
  'ends in \\',
  'C:\\a b\\',
  'a\\"b',
  'a\\\\"b c',
  '{"a": "b c"}',
  '--key=value',
  'a,b;c',
  '*',
  "'",
  '`',
  'zoë 😀',
];

function isRunning(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

export const suite: PlatformSuite = {
  name: 'programs of Windows',
  platforms: ['win32'],
  cases: [
    {
      name: 'a batch file receives its arguments unchanged, and nothing in them is run',
      run: () =>
        inFolder(async (folder) => {
          placeBatchFile(folder, 'tool.cmd');
          const env = { ...process.env, PATH: undefined, Path: folder };
          const alone = hostile.filter((word) => /["&\\]|^$/.test(word)).map((word) => [word]);
          for (const args of [...alone, hostile]) {
            const { stdout, stderr } = await runProgram('tool', args, { ...limits, env });
            assert.deepEqual(JSON.parse(stdout.toString()), args, stderr.toString());
          }
          assert.ok(!existsSync('pwned'));
        }),
    },
    {
      name: 'an argument that a batch file cannot receive is an error',
      run: () =>
        inFolder(async (folder) => {
          placeBatchFile(folder, 'tool.cmd');
          const env = { ...process.env, PATH: folder };
          for (const word of ['%PATH%', '100%', 'a\nwhoami', 'a\r', 'a\0b', 'x'.repeat(9000)]) {
            await assert.rejects(runProgram('tool', [word], { ...limits, env }), {
              code: 'ERR_COMMAND_NOT_EXECUTABLE',
            });
          }
        }),
    },
    {
      name: 'a program receives its arguments unchanged, with % and line breaks',
      async run() {
        const args = [...hostile, '%PATH%', 'a\nb'];
        const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
        const { env } = process;
        const { stdout } = await runProgram(process.execPath, ['-e', script, '--', ...args], {
          ...limits,
          env,
        });
        assert.deepEqual(JSON.parse(stdout.toString()), args);
      },
    },
    {
      name: 'programs are found on PATH in any spelling, by PATHEXT, and never in the working directory',
      run: () =>
        inFolder((folder) => {
          const [first, second] = ['first', 'second'].map((name) => join(folder, name));
          for (const place of [first, second]) mkdirSync(place ?? '');
          writeFileSync(join(second ?? '', 'tool.exe'), '');
          writeFileSync(join(second ?? '', 'tool.cmd'), '');
          writeFileSync('tool.exe', '');
          const find = (name: string, more = {}) =>
            windowsProgram(name, [], { Path: `;.;"${first}";${second}`, ...more });
          assert.equal(find('tool').file, join(second ?? '', 'tool.exe'));
          assert.match(String(find('tool', { PathExt: '.CMD;.JS' }).args.at(-1)), /tool\.cmd/i);
          assert.match(String(find('tool.cmd').args.at(-1)), /second\\tool\.cmd/);
          assert.equal(find('.\\tool.exe').file, '.\\tool.exe');
          assert.throws(() => find('tool', { Path: '.' }), { code: 'ENOENT' });
          assert.throws(() => find('other'), { code: 'ENOENT' });
          assert.ok(!programFiles('tool', { Path: '\\bin' }).some((file) => file.includes('bin')));
        }),
    },
    {
      name: 'a command runs in cmd.exe, even if ComSpec names another shell',
      async run() {
        const env = { ...process.env, GIVEN: 'value', ComSpec: 'C:\\nothing.exe' };
        const { stdout, exitCode } = await runShell('echo "%GIVEN%" & exit 3', { ...limits, env });
        assert.equal(stdout.toString().trim(), '"value"');
        assert.equal(exitCode, 3);
      },
    },
    {
      name: 'a quoted program in a command with a quoted argument is run',
      run: () =>
        inFolder(async (folder) => {
          placeBatchFile(folder, 'tool.cmd');
          const command = `"${join(folder, 'tool.cmd')}" "a b" c`;
          const { stdout } = await runShell(command, { ...limits, env: process.env });
          assert.deepEqual(JSON.parse(stdout.toString()), ['a b', 'c']);
        }),
    },
    {
      name: 'a command that does not exit is killed at the time limit with its child processes',
      run: () =>
        inFolder(async (folder) => {
          writeFileSync(
            'wait.cjs',
            "require('fs').writeFileSync('pid', `${process.pid}`); setInterval(() => {}, 1e6)",
          );
          const command = `"${process.execPath}" "${join(folder, 'wait.cjs')}"`;
          const env = { ...process.env };
          const { timedOut } = await runShell(command, { ...limits, timeoutMs: 3_000, env });
          assert.ok(timedOut);
          const processId = Number(readFileSync('pid', 'utf8'));
          // The taskkill of Wine does not support /t.
          if (isWine) process.kill(processId);
          while (isRunning(processId)) await new Promise(setImmediate);
        }),
    },
    {
      name: 'a path with a space has a short path of the same file',
      run: () =>
        inFolder((folder) => {
          const file = join(folder, 'a long name.txt');
          writeFileSync(file, 'content');
          const short = shortPath(file);
          assert.match(short, /^[A-Za-z0-9_.:\\~-]+$/);
          assert.equal(readFileSync(short, 'utf8'), 'content');
          assert.equal(shortPath('C:\\not there\\x'), 'C:\\not there\\x');
        }),
    },
    {
      name: 'a batch file can only be started through cmd.exe',
      run: () =>
        inFolder((folder) => {
          placeBatchFile(folder, 'tool.cmd');
          const { error } = spawnSync(join(folder, 'tool.cmd'), []);
          assert.equal((error as NodeJS.ErrnoException).code, 'EINVAL');
        }),
    },
  ],
};
