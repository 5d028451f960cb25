import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import { ciVariable, isOn, withoutVariables } from './environment.ts';
import { isProgramFound, programsNamed } from './find-program.ts';
import { definedOnly, type Host } from './host.ts';
import { commandVariable } from './kill-command.ts';
import type { Startable } from './windows/programs.ts';

// Where a browser can be opened, and how. The table for users is in docs/signing-in.md.

type Machine = Pick<Host, 'env' | 'platform'>;

const windows = () => import('./windows/programs.ts');

export interface Browser {
  /**
   * Why a redirect of a browser to 127.0.0.1 would not reach this process: `this is an SSH session`.
   * Absent: a browser can be opened on this machine.
   */
  readonly whyNot?: string;
  /**
   * What can open a page, in the order of preference; with `whyNot`, perhaps on another machine.
   * Empty: nothing.
   */
  readonly commands: readonly BrowserCommand[];
  /** Why entries of `$BROWSER` are not used: `brave does not exist`. */
  readonly missing?: readonly string[];
}

/** A program that did not open a page. */
export interface FailedBrowser {
  readonly program: string;
  /** Undefined: it could not be started, or a signal ended it. */
  readonly exitCode: number | undefined;
}

/** A program that opens a page. */
export interface BrowserCommand {
  readonly program: string;
  args(url: string): readonly string[];
}

interface Place {
  readonly whyNot?: string;
  /** `own`: only `$BROWSER`; `system`: also what the system opens pages with. */
  readonly openers: 'none' | 'own' | 'system';
}

/** What VS Code and its kin set `$BROWSER` to where their server runs. It opens pages at the desk. */
const remoteEditor = /\/bin\/helpers\/browser\.sh$/;

/** Longer lists in `$BROWSER` are cut: each entry may take {@link startMs}. */
const maxOwn = 8;

/**
 * Finds out whether a browser can be opened on this machine, and what opens a page. tmux and screen
 * need no rule: the variables of their pane decide.
 *
 * @param fileExists default: the file system
 */
export async function findBrowser(
  host: Machine,
  fileExists: (path: string) => boolean = existsSync,
): Promise<Browser> {
  const { whyNot, openers } = placeOf(host, fileExists);
  const own = openers === 'none' ? { commands: [], missing: [] } : await ownBrowsers(host);
  const commands = [...own.commands, ...(openers === 'system' ? await systemBrowsers(host) : [])];
  const found = own.missing.length > 0 ? { commands, missing: own.missing } : { commands };
  if (whyNot !== undefined) return { whyNot, ...found };
  return commands.length > 0 ? found : { whyNot: 'no program opens pages here', ...found };
}

function placeOf({ env, platform }: Machine, fileExists: (path: string) => boolean): Place {
  const isSet = (name: string) => isOn(env[name]);
  const hasDisplay = isSet('DISPLAY') || isSet('WAYLAND_DISPLAY');
  const ci = ciVariable(env);
  if (ci !== undefined) return { whyNot: `${ci} is set`, openers: 'none' };
  if (['CODESPACES', 'REMOTE_CONTAINERS'].some(isSet)) {
    return { whyNot: 'this is a development container', openers: 'own' };
  }
  if (remoteEditor.test(env['BROWSER'] ?? '')) {
    return { whyNot: 'this is a remote terminal of an editor', openers: 'own' };
  }
  if (['SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY'].some(isSet)) {
    // A browser that a user has chosen for a forwarded display runs here.
    if (hasDisplay && isSet('BROWSER')) return { openers: 'own' };
    return { whyNot: 'this is an SSH session', openers: 'own' };
  }
  if (isSet('container') || ['/.dockerenv', '/run/.containerenv'].some(fileExists)) {
    return { whyNot: 'this is a container', openers: 'own' };
  }
  if (isSet('WSL_DISTRO_NAME') || isSet('WSL_INTEROP')) {
    return { whyNot: 'this is WSL, whose 127.0.0.1 Windows may not reach', openers: 'system' };
  }
  if (platform === 'darwin' || platform === 'win32' || hasDisplay) return { openers: 'system' };
  return { whyNot: 'neither DISPLAY nor WAYLAND_DISPLAY is set', openers: 'own' };
}

async function systemBrowsers(host: Machine): Promise<BrowserCommand[]> {
  const { env, platform } = host;
  if (platform === 'darwin') return [{ program: '/usr/bin/open', args: (url) => [url] }];
  const args = (url: string) => ['url.dll,FileProtocolHandler', url];
  if (platform === 'win32') {
    return [{ program: (await windows()).systemProgram('rundll32.exe', env), args }];
  }
  // Of WSL, where programs of Windows can be started.
  const isWsl = Boolean(env['WSL_DISTRO_NAME'] || env['WSL_INTEROP']);
  const names = isWsl ? ['wslview', 'rundll32.exe'] : ['xdg-open', 'x-www-browser'];
  const found = await Promise.all(names.map((name) => programsNamed(name, host)));
  return found.flatMap(([program]) => {
    if (program === undefined) return [];
    return [{ program, args: program.endsWith('.exe') ? args : (url: string) => [url] }];
  });
}

/**
 * The browsers in `$BROWSER`: a list of commands, in which `%s` is the address. An entry is a
 * program, or words that spaces separate. No shell runs it. A program in a relative directory is
 * ignored, because a checkout could contain it.
 */
async function ownBrowsers(
  host: Machine,
): Promise<{ readonly commands: BrowserCommand[]; readonly missing: string[] }> {
  const separator = host.platform === 'win32' ? ';' : ':';
  const browsers = host.env['BROWSER'] ?? '';
  // The separator of the list is also in an address.
  if (/^https?:/i.test(browsers)) return { commands: [], missing: [isPage] };
  const entries = browsers.split(separator).map((entry) => entry.trim());
  const missing: string[] = [];
  const found = await Promise.all(
    entries.slice(0, maxOwn).map(async (entry) => {
      const whole = await findProgram(entry, host);
      if (whole !== undefined) return [{ program: whole, args: (url: string) => [url] }];
      const [name = '', ...words] = entry.split(/\s+/);
      const program = await findProgram(name, host);
      if (program !== undefined) return [{ program, args: argsOf(words) }];
      if (name !== '') missing.push(whyUnused(name));
      return [];
    }),
  );
  return { commands: found.flat(), missing };
}

const isPage = 'the value of BROWSER is the address of a page, not a program';

/** Text that was pasted by mistake may be long. */
const maxShown = 100;

function whyUnused(name: string): string {
  const shown = name.length > maxShown ? `${name.slice(0, maxShown)}…` : name;
  return /[/\\]/.test(name) && !posix.isAbsolute(name) && !win32.isAbsolute(name)
    ? `${shown} is a relative path, which is not used`
    : `${shown} does not exist`;
}

function argsOf(words: readonly string[]): BrowserCommand['args'] {
  const given = words.some((word) => word.includes('%s')) ? words : [...words, '%s'];
  return (url) => given.map((word) => word.replaceAll('%s', () => url));
}

async function findProgram(name: string, host: Machine): Promise<string | undefined> {
  if (name === '') return undefined;
  const path = host.platform === 'win32' ? win32 : posix;
  if (path.isAbsolute(name)) return (await isProgramFound(name, host)) ? name : undefined;
  return /[/\\]/.test(name) ? undefined : (await programsNamed(name, host))[0];
}

/** The variable that passes the address to cmd.exe, which would interpret a `%` in a command line. */
const urlVariable = 'ATMOS_AUTH_PAGE';

/** How long a program may take to fail. One that still runs has opened the page. */
const startMs = 2_000;

/**
 * Opens a page in a browser that outlives this process. Never rejects.
 *
 * @param browser `commands` of {@link Browser}, or a command line of the configuration that was
 *   trusted: a shell runs it, and the address is its last argument
 * @param host its environment is that of the browser: without secrets of this program
 * @param onFailure called for each program that has failed
 * @returns false if the address is not of a web page, or no program could open it; at most 2 seconds
 *   for each program
 */
export async function openInBrowser(
  url: URL,
  browser: readonly BrowserCommand[] | string,
  host: Machine & Pick<Host, 'sleep'>,
  onFailure?: (failed: FailedBrowser) => void,
): Promise<boolean> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  const starts =
    typeof browser === 'string'
      ? [{ program: browser.trim(), start: () => throughShell(browser, url.href, host) }]
      : browser.map((command) => ({
          program: command.program,
          start: () => withoutShell(command, url.href, host),
        }));
  for (const { program, start } of starts) {
    const exitCode = await exitOf(start, url.href, host);
    if (exitCode === 'running' || exitCode === 0) return true;
    onFailure?.({ program, exitCode });
  }
  return false;
}

async function withoutShell(
  { program, args }: BrowserCommand,
  url: string,
  { env, platform }: Machine,
): Promise<Startable> {
  if (platform !== 'win32') return { file: program, args: args(url) };
  return (await windows()).windowsProgram(program, args(url), env);
}

/** The address is an argument of the shell, or a variable, and never a part of what is parsed. */
async function throughShell(
  command: string,
  url: string,
  { env, platform }: Machine,
): Promise<Startable> {
  // After a line feed at its end, the address would be a command.
  const line = command.trimEnd();
  if (platform === 'win32') return (await windows()).throughCmd(`${line} "%${urlVariable}%"`, env);
  return { file: '/bin/sh', args: ['-c', `${line} "$1"`, 'sh', url] };
}

async function exitOf(
  start: () => Promise<Startable>,
  url: string,
  host: Machine & Pick<Host, 'sleep'>,
): Promise<FailedBrowser['exitCode'] | 'running'> {
  const timer = new AbortController();
  try {
    const { file, args, ...how } = await start();
    // A browser that a command of the configuration has opened is not killed with that command.
    const env = definedOnly(withoutVariables(host, [commandVariable]));
    // A `%` that is not part of an escape could name a variable, which some versions expand there too.
    if (host.platform === 'win32') env[urlVariable] = url.replaceAll(/%(?![\da-f]{2})/gi, '%25');
    const child = spawn(file, args, {
      env,
      detached: true,
      stdio: 'ignore',
      windowsHide: true,
      ...how,
    });
    child.unref();
    const ended = new Promise<number | undefined>((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('exit', (exitCode) => resolve(exitCode ?? undefined));
    });
    const running = host.sleep(startMs, timer.signal).then(() => 'running' as const);
    return await Promise.race([ended, running]);
  } catch {
    return undefined;
  } finally {
    timer.abort();
  }
}
