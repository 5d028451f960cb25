import { describe, expect, test } from 'vitest';
import { loadWriteHint, speaksPosix } from '../../src/cli/report.ts';
import {
  clockHints,
  listCommand,
  moveHomeCommand,
  processCommand,
  readSecretCommand,
  removeAllCommand,
  removeCommand,
  roomCommand,
  setCommand,
  showCommand,
} from '../../src/core/hint.ts';

const windows = { platform: 'win32', env: {} } as const;
const gitBash = { platform: 'win32', env: { MSYSTEM: 'MINGW64' } } as const;
const linux = { platform: 'linux', env: { MSYSTEM: 'MINGW64' } } as const;

const node = `node -p "crypto.randomBytes(24).toString('base64')"`;
const path = 'C:\\my a[bc]';

describe('a hint in PowerShell', () => {
  test.each([
    ['export ATMOS_KEYRING_AGENT=off', "$env:ATMOS_KEYRING_AGENT = 'off'"],
    ['export A=<file that holds it>', "$env:A = '<file that holds it>'"],
    [
      'export A=file B=<a b>    # an encrypted file',
      "$env:A = 'file'; $env:B = '<a b>'    # an encrypted file",
    ],
    [`export A='C:\\my "dir'"'"'s'`, `$env:A = 'C:\\my "dir''s'`],
    [setCommand('A', 'C:\\<a b>'), "$env:A = 'C:\\<a b>'"],
    [
      `${readSecretCommand('P')}   # of /k`,
      "$env:P = [Net.NetworkCredential]::new('', (Read-Host -AsSecureString)).Password   # of /k",
    ],
    ['openssl rand -base64 24   # makes a good one', `${node}   # makes a good one`],
    ['unset ATMOS_KEYRING_PASSWORD', 'Remove-Item Env:ATMOS_KEYRING_PASSWORD'],
    ['unset A B', 'Remove-Item Env:A, Env:B'],
    ["atmos auth trust -C 'C:\\Users\\ada'", 'atmos auth trust -C "C:\\Users\\ada"'],
    ["atmos auth trust -C 'D:\\'", 'atmos auth trust -C D:\\'],
    [
      "atmos auth trust -C 'C:\\my project' --profile a,b",
      'atmos auth trust -C "C:\\my project" --profile "a,b"',
    ],
    ["atmos auth trust -C 'C:\\a # b'   # it's", 'atmos auth trust -C "C:\\a # b"   # it\'s'],
    ["atmos auth trust -C 'C:\\a”; calc; “b'", "atmos auth trust -C 'C:\\a”; calc; “b'"],
    ["atmos auth trust -C 'C:\\$a’; calc'", "atmos auth trust -C 'C:\\$a’’; calc'"],
    ["--config 'C:\\100%\\atmos.yaml'", "--config 'C:\\100%\\atmos.yaml'"],
    ["--config 'C:\\o'\"'\"'neil'", `--config "C:\\o'neil"`],
    ['curl -i https://sts.amazonaws.com/', 'curl.exe -i https://sts.amazonaws.com/'],
    ["ls 'C:\\my a[bc]'", 'Get-ChildItem -LiteralPath "C:\\my a[bc]"'],
    [listCommand([path, path]), `Get-Item -LiteralPath "${path}", "${path}"`],
    [`${removeCommand(path)}   # why`, `Remove-Item -LiteralPath "${path}"   # why`],
    [removeAllCommand(path), `Remove-Item -Recurse -LiteralPath "${path}"`],
    [moveHomeCommand(path), `Move-Item -LiteralPath "${path}" -Destination ~`],
  ])('%s', async (hint, shown) => {
    const writeHint = await loadWriteHint(windows);
    expect(writeHint(hint)).toBe(shown);
  });

  test.each([
    'atmos auth login',
    'aws iam create-access-key | atmos auth user configure --stdin',
    'did you mean atmos version?',
    "it is one of 'my dev', 'its'",
    "export the key 'a b' first",
    'unset it by hand, then try again',
    'leave out --stdin to be asked',
    "it's the other's",
    'auth: { keyring: { type: file } }   # save this line as atmos.yaml',
    'export',
    // For these shells already.
    showCommand(path),
    showCommand("C:\\$x\\it's"),
    `icacls "C:\\it's" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F"`,
    roomCommand(path),
    processCommand(7, path),
    ...clockHints('win32'),
    'whoami /all    # who runs this, and with which privileges',
  ])('that is no command of a POSIX shell stays: %j', async (hint) => {
    const writeHint = await loadWriteHint(windows);
    expect(writeHint(hint)).toBe(hint);
  });
});

describe('a hint in Git Bash', () => {
  test.each([
    'export A=b',
    'curl -i https://sts.amazonaws.com/',
    "it is one of 'my dev', 'its'",
    'net effect: none',
    setCommand('A', '<b c>'),
    listCommand([path]),
    removeCommand(path),
    removeAllCommand(path),
    moveHomeCommand(path),
  ])('is for a POSIX shell already: %s', async (hint) => {
    for (const host of [linux, gitBash]) {
      const writeHint = await loadWriteHint(host);
      expect(writeHint(hint)).toBe(hint);
    }
  });

  test.each([
    [
      `icacls "C:\\it's # b" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F"   # it's`,
      `MSYS_NO_PATHCONV=1 icacls 'C:\\it'"'"'s # b' /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F'   # it's`,
    ],
    [showCommand("C:\\$a’'"), `icacls 'C:\\$a’'"'"''`],
    [showCommand('D:\\'), "icacls 'D:\\'"],
    [showCommand('\\\\server\\share\\k'), "icacls '\\\\server\\share\\k'"],
    [roomCommand(path), 'fsutil volume diskfree C:'],
    [processCommand(7, path), "MSYS_NO_PATHCONV=1 tasklist /fi 'PID eq 7'"],
    ['w32tm /resync', 'MSYS_NO_PATHCONV=1 w32tm /resync'],
    ['sc.exe query VaultSvc', 'sc.exe query VaultSvc'],
    ['net helpmsg 5', 'net helpmsg 5'],
    ['whoami /all    # who', 'MSYS_NO_PATHCONV=1 "$SYSTEMROOT/System32/whoami.exe" /all    # who'],
  ])('runs what only Windows has: %s', async (hint, shown) => {
    expect((await loadWriteHint(gitBash))(hint)).toBe(shown);
    expect((await loadWriteHint(windows))(hint)).toBe(hint);
    expect((await loadWriteHint(linux))(hint)).toBe(hint);
  });
});

test('Git Bash speaks POSIX, and Windows without it does not', () => {
  expect([linux, gitBash, windows].map((host) => speaksPosix(host))).toEqual([true, true, false]);
});
