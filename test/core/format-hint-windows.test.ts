import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatHint } from '../../src/core/format-hint.ts';
import { cmdSyntax, gitBashSyntax, powerShellSyntax } from '../../src/core/format-hint-windows.ts';
import {
  addOptions,
  evaluate,
  listFiles,
  moveHome,
  placeholder,
  random,
  removeDirectory,
  removeFile,
  run,
  setVariable,
  showFreeSpace,
  showPermissions,
  showProcess,
  unsetVariable,
  type Hint,
} from '../../src/core/hint.ts';
import { readPowerShellWords } from './powershell-model.ts';

const node = `node -p "crypto.randomBytes(24).toString('base64')"`;
const path = 'C:\\my a[bc]';
const inWords = 'with its arguments quoted for your shell, ';

// The hint as PowerShell, cmd.exe and Git Bash write it.
test.each<[Hint, string, string, string]>([
  [
    run(['atmos', 'auth', 'trust', '-C', path]),
    `atmos auth trust -C "${path}"`,
    `atmos auth trust -C "${path}"`,
    `atmos auth trust -C '${path}'`,
  ],
  [
    run(['atmos', 'auth', 'login', '-i', 'a&b'], 'again'),
    `again: ${inWords}atmos auth login -i "a&b"`,
    `again: ${inWords}atmos auth login -i "a&b"`,
    "again: atmos auth login -i 'a&b'",
  ],
  [
    run(['chocolatey', '100%', 'a"b']),
    `${inWords}chocolatey "100%" "a\\"b"`,
    `${inWords}chocolatey "100%" "a\\"b"`,
    `chocolatey 100% 'a"b'`,
  ],
  [
    addOptions(['--profile', 'a,b']),
    'add --profile "a,b"',
    'add --profile "a,b"',
    'add --profile a,b',
  ],
  [
    evaluate(['atmos', 'auth', 'env']),
    'atmos auth env | Out-String | Invoke-Expression',
    `${inWords}atmos auth env`,
    'eval "$(atmos auth env)"',
  ],
  [setVariable('A', 'b'), "$env:A = 'b'", 'set "A=b"', 'export A=b'],
  [setVariable('A', "it's"), "$env:A = 'it''s'", `set "A=it's"`, `export A='it'"'"'s'`],
  [setVariable('A', '100%'), "$env:A = '100%'", 'set the variable A to "100%"', 'export A=100%'],
  [
    setVariable('A', placeholder('a file')),
    "$env:A = '<a file>'",
    'set "A=<a file>"',
    'export A=<a file>',
  ],
  [
    setVariable('A', random),
    `$env:A = ${node}`,
    `for /f %r in ('${node}') do set "A=%r"`,
    'export A="$(openssl rand -base64 24)"',
  ],
  [unsetVariable('A', 'B'), 'Remove-Item Env:A, Env:B', 'set "A=" & set "B="', 'unset A B'],
  [run(['openssl', 'rand', '-base64', '24']), node, node, 'openssl rand -base64 24'],
  [
    run(['curl', '-i', 'https://sts.amazonaws.com/']),
    'curl.exe -i https://sts.amazonaws.com/',
    'curl -i https://sts.amazonaws.com/',
    'curl -i https://sts.amazonaws.com/',
  ],
  [run(['ls', path]), `Get-ChildItem -LiteralPath '${path}'`, `dir "${path}"`, `ls '${path}'`],
  [
    listFiles([path, path]),
    `Get-Item -LiteralPath '${path}', '${path}'`,
    `dir "${path}" "${path}"`,
    `ls -l '${path}' '${path}'`,
  ],
  [
    removeFile(path, 'why'),
    `why: Remove-Item -LiteralPath '${path}'`,
    `why: del "${path}"`,
    `why: rm '${path}'`,
  ],
  [
    removeDirectory(path),
    `Remove-Item -Recurse -LiteralPath '${path}'`,
    `rmdir /s "${path}"`,
    `rm -r '${path}'`,
  ],
  [
    moveHome(path),
    `Move-Item -LiteralPath '${path}' -Destination ~`,
    `move "${path}" "%USERPROFILE%"`,
    `mv '${path}' ~/`,
  ],
  [showPermissions(path), `icacls "${path}"`, `icacls "${path}"`, `icacls '${path}'`],
  [showPermissions('D:\\'), 'icacls D:\\', 'icacls D:\\', "icacls 'D:\\'"],
  [
    run(['icacls', path, '/grant:r', '*S-1-5-18:(OI)(CI)F']),
    `icacls "${path}" /grant:r "*S-1-5-18:(OI)(CI)F"`,
    `icacls "${path}" /grant:r "*S-1-5-18:(OI)(CI)F"`,
    `MSYS_NO_PATHCONV=1 icacls '${path}' /grant:r '*S-1-5-18:(OI)(CI)F'`,
  ],
  [
    showFreeSpace(path),
    'fsutil volume diskfree C:',
    'fsutil volume diskfree C:',
    'fsutil volume diskfree C:',
  ],
  [
    showProcess(7, path),
    'tasklist /fi "PID eq 7"',
    'tasklist /fi "PID eq 7"',
    "MSYS_NO_PATHCONV=1 tasklist /fi 'PID eq 7'",
  ],
  [run(['w32tm', '/resync']), 'w32tm /resync', 'w32tm /resync', 'MSYS_NO_PATHCONV=1 w32tm /resync'],
  [
    run(['whoami', '/all']),
    'whoami /all',
    'whoami /all',
    'MSYS_NO_PATHCONV=1 "$SYSTEMROOT/System32/whoami.exe" /all',
  ],
])('formats %j for PowerShell, cmd.exe and Git Bash', (hint, ofPowerShell, ofCmd, ofGitBash) => {
  expect(formatHint(hint, powerShellSyntax)).toBe(ofPowerShell);
  expect(formatHint(hint, cmdSyntax)).toBe(ofCmd);
  expect(formatHint(hint, gitBashSyntax)).toBe(ofGitBash);
});

describe('a word for PowerShell', () => {
  // Often contains special characters of a shell.
  const word = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        ...Array.from('\u2018\u2019\u201a\u201b\u201c\u201d\u201e$`\'"%!;&() \\a-.:'),
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });

  test('is parsed by PowerShell as the same text, or the hint is prose', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const line = formatHint(run(['chocolatey', ...words]), powerShellSyntax);
        if (!line.startsWith('chocolatey')) return;
        expect(readPowerShellWords(line)).toEqual(['chocolatey', ...words]);
        expect(line).not.toMatch(/\\"( |$)/);
      }),
    );
  });

  test.each([
    ['\u201d; calc; \u201c', "'\u201d; calc; \u201c'"],
    ['$a\u2019; calc; \u2018', "'$a\u2019\u2019; calc; \u2018\u2018'"],
    ["C:\\100%\\it's!", "'C:\\100%\\it''s!'"],
    ['-a.b', '"-a.b"'],
  ])('is quoted for PowerShell: %s', (text, written) => {
    expect(formatHint(run(['chocolatey', text]), powerShellSyntax)).toBe(`chocolatey ${written}`);
  });

  test.each(['', 'a"b', 'a b\\'])('%j cannot be passed by PowerShell 5.1', (text) => {
    expect(formatHint(run(['chocolatey', text]), powerShellSyntax)).toMatch(/^with its arguments/);
  });
});

test.each(['100%', 'a!', 'a"b', 'a b\\'])('%j cannot be passed by cmd.exe', (text) => {
  expect(formatHint(run(['chocolatey', text]), cmdSyntax)).toMatch(/^with its arguments/);
});
