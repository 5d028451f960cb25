import { describe, expect, test } from 'vitest';
import { speaksPosix, userShell, type UserShell } from '../../src/host/user-shell.ts';

describe("the user's shell", () => {
  const userModules = String.raw`C:\Users\ada\Documents\PowerShell\Modules;C:\x`;
  const userModules5 = String.raw`C:\Users\ada\Documents\WindowsPowerShell\Modules`;
  const machineModules = String.raw`C:\Program Files\WindowsPowerShell\Modules;C:\WINDOWS\system32\WindowsPowerShell\v1.0\Modules`;
  const redirected = String.raw`H:\Documents\WindowsPowerShell\Modules;${machineModules}`;

  test.each<[string, NodeJS.Platform, Record<string, string>, UserShell]>([
    ['sh if no shell is named', 'linux', {}, 'posix'],
    ['sh for bash', 'linux', { SHELL: '/bin/bash' }, 'posix'],
    ['sh for zsh', 'darwin', { SHELL: '/bin/zsh' }, 'posix'],
    ['sh for a shell in a directory fish', 'linux', { SHELL: '/opt/fish/bash' }, 'posix'],
    ['fish', 'linux', { SHELL: '/usr/bin/fish' }, 'fish'],
    ['fish of Homebrew', 'darwin', { SHELL: '/opt/homebrew/bin/fish' }, 'fish'],
    [
      'sh even if variables of Windows are set',
      'linux',
      { PROMPT: '$P$G', MSYSTEM: 'MINGW64' },
      'posix',
    ],
    ['Git Bash', 'win32', { MSYSTEM: 'MINGW64', PROMPT: '$P$G' }, 'git-bash'],
    ['PowerShell if no variable is set', 'win32', {}, 'powershell'],
    ['PowerShell 7', 'win32', { PSModulePath: userModules }, 'powershell'],
    [
      'PowerShell 7 started by cmd.exe',
      'win32',
      { PSModulePath: userModules, PROMPT: '$P$G' },
      'powershell',
    ],
    [
      'PowerShell 5 started by cmd.exe',
      'win32',
      { PSModulePath: userModules5, PROMPT: '$P$G' },
      'powershell',
    ],
    ['cmd.exe', 'win32', { PROMPT: '$P$G' }, 'cmd'],
    [
      "cmd.exe with PowerShell's modules of the machine",
      'win32',
      { PROMPT: '$P$G', PSModulePath: machineModules },
      'cmd',
    ],
    [
      'PowerShell 5 of a user whose documents are elsewhere',
      'win32',
      { PROMPT: '$P$G', PSModulePath: redirected },
      'powershell',
    ],
    ['PowerShell whatever SHELL says', 'win32', { SHELL: '/usr/bin/fish' }, 'powershell'],
  ])('%s', (_, platform, env, shell) => {
    expect(userShell({ platform, env })).toBe(shell);
  });

  test('has the syntax of sh on POSIX systems and in Git Bash', () => {
    const windows = { platform: 'win32', env: {} } as const;
    const gitBash = { platform: 'win32', env: { MSYSTEM: 'MINGW64' } } as const;
    const linux = { platform: 'linux', env: {} } as const;
    expect([linux, gitBash, windows].map(speaksPosix)).toEqual([true, true, false]);
  });
});
