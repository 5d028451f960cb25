import assert from 'node:assert/strict';
import { exec } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import {
  installedProgram,
  runInstalled,
  runProgram,
  type Finished,
} from '../platform/installed.ts';
import type { PlatformSuite } from '../platform/suite.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import { startSts } from '../support/sts-server.mjs';
import type { StsServer } from '../support/sts-types.ts';
import { openAlone } from '../support/windows-access.ts';

// AWS's own example.
const accessKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const keyOnStdin = `{"access_key_id": "${accessKey.accessKeyId}",\r\n"secret_access_key": "${accessKey.secretAccessKey}"}\r\n`;

interface Desk {
  /** A name with a space and a non-ASCII letter. */
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
  readonly sts: StsServer;
  atmos(
    args: readonly string[],
    options?: { input?: string; env?: NodeJS.ProcessEnv },
  ): Promise<Finished>;
}

/** A project with an identity and a test server for AWS. Its files are in one folder. */
async function atDesk(run: (desk: Desk) => Promise<void>, identity = ''): Promise<void> {
  const { path, remove } = createTemporaryDirectory();
  const project = join(path, 'my pröject');
  mkdirSync(project);
  const sts = await startSts({
    keys: [{ ...accessKey, account: '123456789012', userName: 'emergency' }],
  });
  const config = `auth:
  realm: desk-${sts.url.split(':').at(-1)}
  keyring:
    type: system
  identities:
    dev:
      kind: aws/user
      default: true
      spec:
        endpoint_url: ${sts.url}
${identity}`;
  writeFileSync(join(project, 'atmos.yaml'), config.replaceAll('\n', '\r\n'));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_STATE_HOME: join(path, 'state'),
    ATMOS_AUTH_TRUST: '1',
    PWD: 'C:\\',
  };
  // The suite may be started from Git Bash.
  delete env['MSYSTEM'];
  const desk: Desk = {
    project,
    env,
    sts,
    atmos: (args, { input, env: more } = {}) =>
      runInstalled(args, {
        cwd: project,
        env: { ...env, ...more },
        ...(input === undefined ? {} : { input }),
      }),
  };
  try {
    await run(desk);
  } finally {
    await desk.atmos(['auth', 'logout', '--keychain', '--force', '-i', 'dev']);
    await sts.close();
    remove();
  }
}

async function stored(desk: Desk): Promise<void> {
  const { exitCode, stderr } = await desk.atmos(['auth', 'user', 'configure', '--stdin'], {
    input: keyOnStdin,
  });
  assert.equal(exitCode, 0, stderr);
}

/** The configuration of an identity, with the value of a command. */
const ofCommand = '      env:\n        - key: FROM_CMD\n          value: !exec echo "%OS%"\n';

/** As npm creates it for a script. */
function batchFile(script: string): string {
  return `@ECHO off\r\n"${process.execPath}" "%~dp0\\${script}" %*\r\n`;
}

export const suite: PlatformSuite = {
  name: 'the commands',
  platforms: ['win32'],
  cases: [
    {
      name: 'exec gives a batch file the credentials, and passes on arguments and exit code',
      run: () =>
        atDesk(async (desk) => {
          await stored(desk);
          const tool = `require('fs').writeSync(1, JSON.stringify([process.env.AWS_ACCESS_KEY_ID, ...process.argv.slice(2)])); process.exit(7)`;
          writeFileSync(join(desk.project, 'tool.cjs'), tool);
          writeFileSync(join(desk.project, 'tool.cmd'), batchFile('tool.cjs'));
          const words = ['a b', 'c"&whoami'];
          const found = await desk.atmos(['auth', 'exec', '--', '.\\tool', ...words]);
          assert.equal(found.exitCode, 7, found.stderr);
          const [id, ...args] = JSON.parse(found.stdout) as string[];
          assert.match(id ?? '', /^ASIA/);
          assert.deepEqual(args, words);

          const refused = await desk.atmos(['auth', 'exec', '--', '.\\tool', '%PATH%']);
          assert.equal(refused.exitCode, 126);
          assert.match(refused.stderr, /^error: cannot run the batch file "\.\\\\tool\.cmd"/);
        }),
    },
    {
      name: 'exec finds programs only on PATH, and suggests a similar name',
      run: () =>
        atDesk(async (desk) => {
          const bin = join(desk.project, 'bin');
          mkdirSync(bin);
          writeFileSync(join(bin, 'terraform.exe'), '');
          writeFileSync(join(desk.project, 'planted.cmd'), 'echo planted\r\n');
          // As Windows itself spells it.
          const env: NodeJS.ProcessEnv = { ...desk.env, Path: bin };
          delete env['PATH'];
          const run = (program: string) =>
            runInstalled(['auth', 'exec', '-i', 'off', '--', program], {
              cwd: desk.project,
              env,
            });
          assert.deepEqual(await run('terrafrom'), {
            exitCode: 127,
            stdout: '',
            stderr:
              'error: command "terrafrom" was not found on PATH\nhint: did you mean terraform?\n',
          });
          assert.equal((await run('planted')).exitCode, 127);
          assert.match((await run('.\\nothing')).stderr, /"\.\\\\nothing" does not exist\n$/);
        }),
    },
    {
      name: 'env prints a profile line that works in every shell, from any directory',
      run: () =>
        atDesk(async (desk) => {
          await stored(desk);
          const { stdout, stderr, exitCode } = await desk.atmos(['auth', 'env']);
          assert.equal(exitCode, 0, stderr);
          assert.match(stdout, /^\$env:AWS_ACCESS_KEY = /);
          const file = /^\$env:AWS_CONFIG_FILE = '(.+)'$/m.exec(stdout)?.[1] ?? '';
          const line = /^credential_process = (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
          assert.match(line, /^[A-Za-z0-9_.:\\~-]+( [A-Za-z0-9_.:\\~-]+)+$/);
          const answer = await promisify(exec)(line, {
            cwd: homedir(),
            env: desk.env,
          });
          assert.match(answer.stdout, /"AccessKeyId":"ASIA/);
        }),
    },
    {
      name: 'env works for cmd.exe and for Git Bash',
      run: () =>
        atDesk(async (desk) => {
          const cmd = await desk.atmos(['auth', 'env', '--format', 'cmd']);
          assert.match(cmd.stdout, /^set "AWS_ACCESS_KEY_ID="$/m);
          assert.match(cmd.stdout, /^set "AWS_PROFILE=dev"$/m);
          const bash = await desk.atmos(['auth', 'env'], {
            env: { MSYSTEM: 'MINGW64' },
          });
          assert.match(bash.stdout, /^export AWS_PROFILE=dev$/m);
        }),
    },
    {
      name: 'hints are for PowerShell, cmd.exe or Git Bash',
      run: () =>
        atDesk(async (desk) => {
          const locked = { ATMOS_KEYRING_TYPE: 'file', ATMOS_KEYRING_PASSWORD: '' };
          const modules = join(homedir(), 'Documents\\PowerShell\\Modules');
          const { stderr, exitCode } = await desk.atmos(['auth', 'user', 'configure', '--stdin'], {
            env: { ...locked, PSModulePath: modules },
            input: keyOnStdin,
          });
          assert.equal(exitCode, 3, stderr);
          assert.match(stderr, /^hint: Remove-Item Env:ATMOS_KEYRING_PASSWORD$/m);
          assert.match(
            stderr,
            /^hint: \$env:ATMOS_KEYRING_PASSWORD_FILE = '<a file that holds the password>'$/m,
          );
          const cmd = await desk.atmos(['auth', 'user', 'configure', '--stdin'], {
            env: { ...locked, PSModulePath: '', PROMPT: '$P$G' },
            input: keyOnStdin,
          });
          assert.match(
            cmd.stderr,
            /^hint: set "ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>"$/m,
          );
          const bash = await desk.atmos(['auth', 'user', 'configure', '--stdin'], {
            env: { ...locked, MSYSTEM: 'MINGW64' },
            input: keyOnStdin,
          });
          assert.match(
            bash.stderr,
            /^hint: export ATMOS_KEYRING_PASSWORD_FILE=<a file that holds the password>$/m,
          );
        }),
    },
    {
      name: 'without a console there are no prompts',
      run: () =>
        atDesk(async (desk) => {
          const { stderr, exitCode } = await desk.atmos(['auth', 'user', 'configure']);
          assert.equal(exitCode, 2);
          assert.match(stderr, /^error: cannot prompt for ".+": there is no terminal\n/);
        }),
    },
    {
      name: 'an unknown command runs the next atmos, and skips the batch files that lead to our program',
      run: () =>
        atDesk(async (desk) => {
          const [ours, theirs] = ['ours', 'theirs'].map((name) => join(desk.project, name));
          assert.ok(ours && theirs);
          for (const folder of [ours, theirs]) mkdirSync(folder);
          // npm puts both on one drive, and the checkout may be on another one.
          const copy = join(desk.project, 'cli');
          cpSync(dirname(installedProgram()), copy, { recursive: true });
          const ourProgram = join(copy, basename(installedProgram()));
          const koffi = createRequire(installedProgram()).resolve('koffi');
          const atmos = (words: readonly string[], { env }: { env: NodeJS.ProcessEnv }) =>
            runProgram(process.execPath, [ourProgram, ...words], {
              cwd: desk.project,
              env: { ...desk.env, NODE_PATH: dirname(dirname(koffi)), ...env },
            });
          writeFileSync(join(ours, 'atmos.cmd'), batchFile(relative(ours, ourProgram)));
          const show =
            "require('fs').writeSync(1, JSON.stringify(process.argv.slice(2))); process.exit(5)";
          writeFileSync(join(theirs, 'show.cjs'), show);
          writeFileSync(join(theirs, 'atmos.cmd'), batchFile('show.cjs'));
          const env = { PATH: `${ours};${theirs}` };
          const args = ['terraform', 'plan', '-var', 'a=b c'];
          const found = await atmos(args, { env });
          assert.deepEqual(found, {
            exitCode: 5,
            stdout: JSON.stringify(args),
            stderr: '',
          });

          // A file that cannot be read cannot be run either.
          const unreadable = join(desk.project, 'unreadable');
          mkdirSync(unreadable);
          writeFileSync(join(unreadable, 'atmos.cmd'), batchFile('show.cjs'));
          const close = await openAlone(join(unreadable, 'atmos.cmd'));
          const past = { PATH: `${unreadable};${env.PATH}` };
          assert.deepEqual(await atmos(args, { env: past }).finally(close), found);

          // We do not parse other kinds of batch files: the loop guard stops them.
          const loop = '@call "%~dp0\\..\\ours\\atmos.cmd" %*\r\n';
          writeFileSync(join(theirs, 'atmos.cmd'), loop);
          const none = await atmos(['terraform'], { env });
          assert.notEqual(none.exitCode, 0);
          assert.match(none.stderr, /the next atmos on PATH seems to lead back to atmos-auth/);
        }),
    },
    {
      name: 'help and version work where koffi, which checks file permissions, is not installed',
      run: () =>
        atDesk(async ({ project, env }) => {
          const copy = join(project, 'cli');
          cpSync(dirname(installedProgram()), copy, { recursive: true });
          const program = join(copy, basename(installedProgram()));
          const run = (...args: string[]) =>
            runProgram(process.execPath, [program, ...args], { cwd: project, env });
          for (const asked of ['--help', 'version', '--version']) {
            const { exitCode, stderr } = await run(asked);
            assert.equal(exitCode, 0, stderr);
          }
          assert.match((await run('--frobnicate')).stderr, /^error: unknown option .+frobnicate/);
          assert.match((await run('auth', 'whoami')).stderr, /^error: internal error/);
        }),
    },
    {
      name: 'a configuration with Windows paths is read as in Atmos',
      run: () =>
        atDesk(async (desk) => {
          const shared = join(desk.project, 'shared');
          mkdirSync(join(shared, 'deeper'), { recursive: true });
          const text = `import:\r\n  - shared\\*.yaml\r\n  - ${shared}\\deeper\\*.yaml\r\nauth:\r\n  keyring:\r\n    type: memory\r\n`;
          writeFileSync(join(desk.project, 'atmos.yaml'), text);
          const identity = (name: string, more: string) =>
            `auth:\r\n  identities:\r\n    ${name}:\r\n      kind: aws/user\r\n${more}`;
          writeFileSync(join(shared, 'one.yaml'), identity('one', ''));
          writeFileSync(join(shared, 'deeper', 'two.yaml'), identity('two', ''));
          const { stdout, stderr } = await desk.atmos(['auth', 'validate', '-o', 'json']);
          const { valid, files } = JSON.parse(stdout) as {
            valid: boolean;
            files: string[];
          };
          assert.ok(valid, stdout + stderr);
          assert.deepEqual(files.map((file) => file.slice(desk.project.length)).toSorted(), [
            '\\atmos.yaml',
            '\\shared\\deeper\\two.yaml',
            '\\shared\\one.yaml',
          ]);
          // The realm is the one that Atmos computes: slashes, lower case.
          const status = await desk.atmos(['auth', 'whoami', '-i', 'one', '-o', 'json']);
          const path = desk.project.replaceAll('\\', '/').toLowerCase();
          const realm = createHash('sha256').update(path).digest('hex').slice(0, 16);
          assert.match(status.stdout, new RegExp(`"realm": "${realm}"`));
        }),
    },
    {
      name: 'after -C the command that trusts a project names it',
      run: () =>
        atDesk(async (desk) => {
          const env = { ...desk.env, ATMOS_AUTH_TRUST: '' };
          const away = await runInstalled(['-C', desk.project, 'auth', 'env'], { env });
          assert.match(away.stderr, /^error: the configuration in .+ is not trusted: /);
          const hint = `\nhint: atmos auth trust -C "${desk.project}"`;
          assert.ok(away.stderr.includes(hint), away.stderr);
          const here = await desk.atmos(['auth', 'env'], { env });
          assert.match(here.stderr, /^hint: atmos auth trust$/m);
        }, ofCommand),
    },
    {
      name: 'a command of the configuration runs in cmd.exe',
      run: () =>
        atDesk(async (desk) => {
          const { stdout, stderr } = await desk.atmos(['auth', 'env', '--format', 'env']);
          assert.match(stdout, /^FROM_CMD=Windows_NT$/m, stderr);
        }, ofCommand),
    },
    {
      name: '-C, ~ and log files take paths of Windows',
      run: () =>
        atDesk(async (desk) => {
          const home = join(desk.project, 'home');
          mkdirSync(home);
          const env = { ...desk.env, USERPROFILE: home };
          const log = join(home, 'atmos-auth-test.log');
          const options = [
            '-C',
            desk.project,
            '--logs-level',
            'Debug',
            '--logs-file',
            '~\\atmos-auth-test.log',
          ];
          const there = await runInstalled([...options, 'auth', 'validate'], {
            env,
          });
          assert.equal(there.exitCode, 0, there.stderr);
          assert.match(readFileSync(log, 'utf8'), /event=command\.ended|command\.ended/);
          const shown = await desk.atmos([
            'auth',
            'validate',
            '--logs-level',
            'Debug',
            '--logs-file',
            '/dev/stderr',
          ]);
          assert.match(shown.stderr, /command\.ended/);
        }),
    },
  ],
};
