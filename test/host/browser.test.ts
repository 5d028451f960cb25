import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findBrowser, openInBrowser } from '../../src/host/browser.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const page = new URL(
  "https://corp.awsapps.com/start/#/device?user_code=ABCD-EFGH&x=$(touch pwned);`id`'|%s%20%PATH%&!",
);
const isWindows = process.platform === 'win32';

/** A directory of programs that do nothing. */
function programs(...names: string[]): string {
  const directory = temporaryDirectory();
  for (const name of names) {
    writeFileSync(join(directory, name), '#!/bin/sh\n');
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

interface Row {
  readonly platform?: NodeJS.Platform;
  readonly env?: Record<string, string>;
  readonly files?: readonly string[];
  readonly whyNot?: string;
  /** Of the commands, without the directories of their programs. */
  readonly opens: readonly string[];
}

const ssh = { SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' };
const container = 'this is a container';
const session = 'this is an SSH session';
const wsl = 'this is WSL, whose 127.0.0.1 Windows may not reach';
const noDisplay = 'neither DISPLAY nor WAYLAND_DISPLAY is set';
const inEditor = '/home/ada/.vscode-server/cli/servers/Stable-1/server/bin/helpers/browser.sh';
const rundll32 = 'rundll32.exe url.dll,FileProtocolHandler URL';

// The rows of the table in docs/signing-in.md.
describe.skipIf(isWindows)('where a browser is opened', () => {
  test.for<[title: string, row: Row]>([
    ['macOS', { platform: 'darwin', opens: ['open URL'] }],
    ['Windows', { platform: 'win32', opens: [`C:\\Windows\\System32\\${rundll32}`] }],
    ['X11', { env: { DISPLAY: ':0' }, opens: ['xdg-open URL'] }],
    ['Wayland', { env: { WAYLAND_DISPLAY: 'wayland-0' }, opens: ['xdg-open URL'] }],
    ['no display', { whyNot: noDisplay, opens: [] }],
    [
      '$BROWSER',
      { env: { DISPLAY: ':0', BROWSER: 'firefox' }, opens: ['firefox URL', 'xdg-open URL'] },
    ],
    [
      '$BROWSER without a display',
      { env: { BROWSER: 'firefox' }, whyNot: noDisplay, opens: ['firefox URL'] },
    ],
    ['SSH', { env: ssh, whyNot: session, opens: [] }],
    [
      'SSH to macOS',
      { platform: 'darwin', env: { SSH_TTY: '/dev/ttys1' }, whyNot: session, opens: [] },
    ],
    [
      'SSH with a forwarded display',
      { env: { ...ssh, DISPLAY: 'localhost:10.0' }, whyNot: session, opens: [] },
    ],
    [
      'SSH with $BROWSER for a forwarded display',
      {
        env: { SSH_CLIENT: '1', DISPLAY: 'localhost:10.0', BROWSER: 'firefox' },
        opens: ['firefox URL'],
      },
    ],
    [
      'SSH with $BROWSER',
      { env: { ...ssh, BROWSER: 'firefox' }, whyNot: session, opens: ['firefox URL'] },
    ],
    ['Docker', { files: ['/.dockerenv'], env: { DISPLAY: ':0' }, whyNot: container, opens: [] }],
    ['Podman', { files: ['/run/.containerenv'], whyNot: container, opens: [] }],
    ['another container', { env: { container: 'systemd-nspawn' }, whyNot: container, opens: [] }],
    [
      'a development container',
      {
        env: { REMOTE_CONTAINERS: 'true', BROWSER: 'firefox' },
        files: ['/.dockerenv'],
        whyNot: 'this is a development container',
        opens: ['firefox URL'],
      },
    ],
    [
      'Codespaces',
      { env: { CODESPACES: 'true' }, whyNot: 'this is a development container', opens: [] },
    ],
    [
      'a remote terminal of VS Code',
      {
        env: { ...ssh, DISPLAY: ':10', BROWSER: inEditor },
        whyNot: 'this is a remote terminal of an editor',
        opens: [],
      },
    ],
    [
      'WSL',
      {
        env: { WSL_DISTRO_NAME: 'Ubuntu', DISPLAY: ':0' },
        whyNot: wsl,
        opens: ['wslview URL', rundll32],
      },
    ],
    [
      'tmux at the desk',
      { env: { TMUX: '/tmp/tmux-1/default,1,0', DISPLAY: ':0' }, opens: ['xdg-open URL'] },
    ],
    [
      'tmux over SSH',
      { env: { TMUX: '/tmp/tmux-1/default,1,0', ...ssh }, whyNot: session, opens: [] },
    ],
    ['screen over SSH', { env: { STY: '1.pts-0', ...ssh }, whyNot: session, opens: [] }],
    [
      'CI',
      { env: { CI: 'true', DISPLAY: ':0', BROWSER: 'firefox' }, whyNot: 'CI is set', opens: [] },
    ],
    [
      'a CI service without CI',
      { env: { TF_BUILD: 'True', DISPLAY: ':0' }, whyNot: 'TF_BUILD is set', opens: [] },
    ],
    ['CI=false', { env: { CI: 'false', DISPLAY: ':0' }, opens: ['xdg-open URL'] }],
  ])('%s', async ([, { platform = 'linux', env = {}, files = [], whyNot, opens }]) => {
    const PATH = programs('xdg-open', 'wslview', 'rundll32.exe', 'firefox');
    const host = { platform, env: { PATH, ...env } };
    const found = await findBrowser(host, (path) => files.includes(path));
    expect({
      whyNot: found.whyNot,
      opens: found.commands.map(({ program, args }) =>
        [basename(program), ...args('URL')].join(' '),
      ),
    }).toEqual({ whyNot, opens });
  });

  test('a desktop without a program for it', async () => {
    const host = {
      platform: 'linux',
      env: { DISPLAY: ':0', PATH: programs(), BROWSER: 'gone' },
    } as const;
    expect(await findBrowser(host, () => false)).toEqual({
      whyNot: 'no program opens pages here',
      commands: [],
      missing: ['gone does not exist'],
    });
  });
});

describe.skipIf(isWindows)('$BROWSER', () => {
  async function own(BROWSER: string, PATH = programs('firefox', 'chrome')): Promise<string[]> {
    const found = await findBrowser({ platform: 'linux', env: { BROWSER, PATH } }, () => false);
    return found.commands.map(({ program, args }) =>
      [basename(program), ...args('a$&b')].join(' '),
    );
  }

  test.each([
    ['./br', './br is a relative path, which is not used'],
    ['x/br --new %s', 'x/br is a relative path, which is not used'],
    ['http://example.com/?q=1', 'the value of BROWSER is the address of a page, not a program'],
    ['/opt/gone', '/opt/gone does not exist'],
    ['y'.repeat(500), `${'y'.repeat(100)}… does not exist`],
  ])('%s is not used, with the reason', async (BROWSER, reason) => {
    const env = { DISPLAY: ':0', PATH: programs(), BROWSER };
    const { commands, missing } = await findBrowser({ platform: 'linux', env }, () => false);
    expect({ commands, missing }).toEqual({ commands: [], missing: [reason] });
  });

  test('is a list of commands, and missing programs are skipped', async () => {
    expect(await own('gone:firefox::chrome --new-window %s -x: ')).toEqual([
      'firefox a$&b',
      'chrome --new-window a$&b -x',
    ]);
    expect(await own('chrome --app=%s')).toEqual(['chrome --app=a$&b']);
    expect(await own('firefox -P work')).toEqual(['firefox -P work a$&b']);
  });

  test('may be a path, with spaces, but not a relative one', async () => {
    const directory = programs('My Browser');
    expect(await own(join(directory, 'My Browser'))).toEqual(['My Browser a$&b']);
    expect(await own('./firefox:bin/firefox')).toEqual([]);
  });

  test('is cut after eight entries', async () => {
    expect(await own('firefox:'.repeat(20))).toHaveLength(8);
  });
});

describe.skipIf(isWindows)('opening a page', () => {
  /** A browser that records its arguments and its environment, and does then what the script says. */
  function recorder(script = '') {
    const directory = temporaryDirectory();
    const browser = join(directory, 'browser');
    const record = join(directory, 'record');
    const started = new Promise<void>((resolve) => {
      const watcher = watch(directory, () => {
        if (existsSync(record)) resolve();
      });
      onTestFinished(() => watcher.close());
    });
    writeFileSync(
      browser,
      `#!/bin/sh\n{ printf '%s\\n' "$#" "$@"; env; echo "PID=$$"; } >'${record}.part'; mv '${record}.part' '${record}'\n${script}\n`,
    );
    chmodSync(browser, 0o755);
    return { browser, started, lines: () => readFileSync(record, 'utf8').trimEnd().split('\n') };
  }
  const never = (_: number, signal?: AbortSignal) =>
    new Promise<void>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('stopped')));
    });
  const host = {
    platform: process.platform,
    env: { PATH: process.env['PATH'], ATMOS_AUTH_COMMAND_ID: 'killed-together', KEPT: 'yes' },
    sleep: never,
  };
  const runs = (program: string) => [{ program, args: (url: string) => ['--new', url] }];

  test('the address is one argument, and no shell parses it', async () => {
    const { browser, lines } = recorder();
    expect(await openInBrowser(page, runs(browser), host)).toBe(true);
    expect(lines().slice(0, 3)).toEqual(['2', '--new', page.href]);
    expect(lines()).toContain('KEPT=yes');
    expect(lines().join('\n')).not.toContain('killed-together');
  });

  test('a command of the configuration is run by a shell, and the address is its last argument', async () => {
    const { browser, lines } = recorder();
    const command = `'${browser}' --profile "the  work" `;
    expect(await openInBrowser(page, `${command}\n`, host)).toBe(true);
    expect(lines().slice(0, 4)).toEqual(['3', '--profile', 'the  work', page.href]);
    expect(existsSync('pwned')).toBe(false);
  });

  test('the next browser is tried if one fails or cannot be started', async () => {
    const failing = recorder('exit 3');
    const { browser, lines } = recorder();
    const list = [...runs(failing.browser), ...runs('/nonexistent/browser'), ...runs(browser)];
    const failures: unknown[] = [];
    expect(await openInBrowser(page, list, host, (failed) => failures.push(failed))).toBe(true);
    expect(failing.lines()[0]).toBe('2');
    expect(failures).toEqual([
      { program: failing.browser, exitCode: 3 },
      { program: '/nonexistent/browser', exitCode: undefined },
    ]);
    expect(lines()[0]).toBe('2');
  });

  test('no browser, and a command that fails', async () => {
    expect(await openInBrowser(page, [], host)).toBe(false);
    expect(await openInBrowser(page, runs('/nonexistent/browser'), host)).toBe(false);
    expect(await openInBrowser(page, runs('a\0b'), host)).toBe(false);
    expect(await openInBrowser(page, 'exit 1;', host)).toBe(false);
  });

  test('a browser that still runs has opened the page, and goes on in its own session', async () => {
    const { browser, started, lines } = recorder('exec sleep 60');
    const limits: number[] = [];
    const sleep = (ms: number) => {
      limits.push(ms);
      return started;
    };
    expect(await openInBrowser(page, runs(browser), { ...host, sleep })).toBe(true);
    expect(limits).toEqual([2_000]);
    const id = Number(
      lines()
        .find((line) => line.startsWith('PID='))
        ?.slice(4),
    );
    onTestFinished(() => void process.kill(id, 'SIGKILL'));
    const group = spawnSync('ps', ['-o', 'pgid=', '-p', String(id)], { encoding: 'utf8' });
    expect(Number(group.stdout)).toBe(id);
  });

  test.for(['file:///etc/passwd', 'javascript:alert(1)', 'ftp://example.com/', 'about:blank'])(
    '%s is not opened',
    async (address) => {
      const { browser } = recorder();
      expect(await openInBrowser(new URL(address), runs(browser), host)).toBe(false);
      expect(() => readFileSync(join(browser, '..', 'record'))).toThrow('ENOENT');
    },
  );
});
