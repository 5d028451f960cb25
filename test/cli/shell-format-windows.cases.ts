import assert from 'node:assert/strict';
import { exec, execFile, type ExecFileException } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatEnvironment } from '../../src/cli/shell-format.ts';
import { credentialProcessLine } from '../../src/clouds/aws/process-profile.ts';
import { shortPath } from '../../src/host/windows/short-path.ts';
import { isWine } from '../platform/installed.ts';
import { Skipped, type PlatformSuite } from '../platform/suite.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';

const args = ['auth', 'credential-process', '--handle', 'abcdefghijklmnopqrstuv'];
const script = "process.stdout.write(process.argv.slice(2).join(' '))";

type Run = (line: string) => Promise<string>;
type Done = (error: ExecFileException | null, stdout: string, stderr: string) => void;

const settled = (start: (done: Done) => unknown): Promise<string> =>
  new Promise((resolve, reject) => {
    start((error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}: ${stderr}`)) : resolve(stdout),
    );
  });

const cmd = (words: readonly string[], isVerbatim: boolean) =>
  settled((done) =>
    execFile('cmd.exe', words, { windowsVerbatimArguments: isVerbatim, encoding: 'utf8' }, done),
  );

// How the SDKs run a line, according to their sources.
const readers: Readonly<Record<string, Run>> = {
  'of JavaScript: cmd /d /s /c "LINE"': (line) =>
    settled((done) => exec(line, { encoding: 'utf8' }, done)),
  // Both quote the line as one argument, with a quote in it as \\".
  'of Go and Rust: cmd /C as Windows programs quote it': (line) => cmd(['/C', line], false),
  'of Java: cmd /C "LINE"': (line) => cmd(['/C', `"${line}"`], true),
  'of .NET: cmd /c LINE': (line) => cmd(['/c', line], true),
  // botocore splits by the rules of Windows programs, and the line splits only at spaces.
  'of Python: no shell': (line) => {
    const [program = '', ...words] = line.split(' ');
    return settled((done) => execFile(program, words, { encoding: 'utf8' }, done));
  },
};

async function withNode(folderName: string, run: (node: string, file: string) => Promise<void>) {
  const { path, remove } = createTemporaryDirectory();
  try {
    const folder = join(path, folderName);
    mkdirSync(folder);
    const [node, file] = [join(folder, 'node.exe'), join(folder, 'main.cjs')];
    copyFileSync(process.execPath, node);
    writeFileSync(file, script);
    await run(node, file);
  } finally {
    remove();
  }
}

async function expectAlike(node: string, file: string): Promise<void> {
  const line = credentialProcessLine({ node, script: file, args }, 'win32');
  assert.ok(line !== undefined, `${node} cannot be written`);
  for (const [name, read] of Object.entries(readers)) {
    assert.equal(await read(line), args.join(' '), `${name}: ${line}`);
  }
}

export const suite: PlatformSuite = {
  name: 'shells of Windows',
  platforms: ['win32'],
  cases: [
    {
      name: 'a line of credential_process is split in the same way by every SDK',
      run: () => withNode('nodejs', expectAlike),
    },
    {
      name: 'a line with spaces and other characters in its folders is split correctly, by their short names',
      run: () =>
        withNode('Program Files (x86) & more', (node, file) =>
          expectAlike(shortPath(node), shortPath(file)),
        ),
    },
    {
      name: 'cmd.exe sets exactly the variables of the format cmd',
      async run() {
        const { path, remove } = createTemporaryDirectory();
        const set = {
          PLAIN: 'value',
          SPACES: ' two words ',
          OPERATORS: '&whoami|more<in>out',
          BRACKETS: "(x) [y] {z} 'q' `w` ~ $HOME",
          SECRET: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==',
          PATHLIKE: 'C:\\Program Files\\x\\',
        };
        try {
          const file = join(path, 'lines.cmd');
          const lines = formatEnvironment({ set, unset: ['GONE', 'NOT_SET'] }, 'cmd');
          const status = 'echo status=%errorlevel%\r\n';
          writeFileSync(file, `@echo off\r\n${lines.replaceAll('\n', '\r\n')}${status}set\r\n`);
          const env = { ...process.env, GONE: 'still here' };
          const text = await settled((done) =>
            execFile('cmd.exe', ['/d', '/c', file], { env, encoding: 'utf8' }, done),
          );
          const shown = text.split('\r\n');
          for (const [name, value] of Object.entries(set)) {
            assert.ok(shown.includes(`${name}=${value}`), `${name}: ${text}`);
          }
          assert.ok(!shown.some((line) => line.startsWith('GONE=')));
          assert.ok(shown.includes('status=0'), text);
        } finally {
          remove();
        }
      },
    },
    {
      name: 'the lines can be evaluated without a file',
      async run() {
        // Its cmd.exe reads a variable as the name of a program, not as a command.
        if (isWine) throw new Skipped('Wine does not run what stands in for /f');
        const { path, remove } = createTemporaryDirectory();
        try {
          const file = join(path, 'lines.txt');
          const set = { ONE: 'a b&c', TWO: '/+=' };
          writeFileSync(file, formatEnvironment({ set, unset: [] }, 'cmd'));
          // The text after `do` is repeated, up to the bracket.
          const line = `(for /f "delims=" %i in ('type ${file}') do @%i)`;
          const text = await cmd(['/d', '/s', '/c', `"${line}& set ONE& set TWO"`], true);
          assert.deepEqual(text.trim().split(/\r?\n/), ['ONE=a b&c', 'TWO=/+=']);
        } finally {
          remove();
        }
      },
    },
  ],
};
