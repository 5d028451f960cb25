import { describe, expect, test } from 'vitest';
import { loadWriteHint, speaksPosix } from '../../src/cli/hint.ts';

const windows = { platform: 'win32', env: {} } as const;
const gitBash = { platform: 'win32', env: { MSYSTEM: 'MINGW64' } } as const;
const linux = { platform: 'linux', env: { MSYSTEM: 'MINGW64' } } as const;

const node = `node -p "crypto.randomBytes(24).toString('base64')"`;

describe('a hint on Windows', () => {
  test.each([
    ['export ATMOS_KEYRING_AGENT=off', "$env:ATMOS_KEYRING_AGENT = 'off'"],
    ['export A=<file that holds it>', "$env:A = '<file that holds it>'"],
    [
      'export A=file B=<a b>    # an encrypted file',
      "$env:A = 'file'; $env:B = '<a b>'    # an encrypted file",
    ],
    [`export A='C:\\my "dir'"'"'s'`, `$env:A = 'C:\\my "dir''s'`],
    [
      'export P="$(openssl rand -base64 24)"   # and keep it safe',
      `$env:P = ${node}   # and keep it safe`,
    ],
    ['openssl rand -base64 24   # makes a good one', `${node}   # makes a good one`],
    ['unset ATMOS_KEYRING_PASSWORD', 'Remove-Item Env:ATMOS_KEYRING_PASSWORD'],
    ['unset A B', 'Remove-Item Env:A, Env:B'],
    ["ls -ld 'C:\\x y'   # it must be yours", 'icacls "C:\\x y"   # it must be yours'],
    ["atmos auth trust -C 'C:\\Users\\ada'", 'atmos auth trust -C C:\\Users\\ada'],
    [
      "atmos auth trust -C 'C:\\my project' --profile a",
      'atmos auth trust -C "C:\\my project" --profile a',
    ],
    ["--config 'C:\\100%\\atmos.yaml'", "--config 'C:\\100%\\atmos.yaml'"],
    ["--config 'C:\\o'\"'\"'neil'", `--config "C:\\o'neil"`],
  ])('%s', async (hint, shown) => {
    const writeHint = await loadWriteHint(windows);
    expect(writeHint(hint)).toBe(shown);
  });

  test.each([
    'atmos auth login',
    'did you mean atmos version?',
    'leave out --stdin to be asked',
    "it's the other's",
    '# atmos.yaml\nauth:\n  keyring:\n    type: file',
    'export',
  ])('that is no command of a shell stays: %j', async (hint) => {
    const writeHint = await loadWriteHint(windows);
    expect(writeHint(hint)).toBe(hint);
  });
});

test('elsewhere and in Git Bash it stays as it is', async () => {
  for (const host of [linux, gitBash]) {
    const writeHint = await loadWriteHint(host);
    expect(writeHint('export A=b')).toBe('export A=b');
    expect(speaksPosix(host)).toBe(true);
  }
  expect(speaksPosix(windows)).toBe(false);
});
