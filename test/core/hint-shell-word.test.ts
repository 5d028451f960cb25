import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord, windowsWord } from '../../src/core/hint.ts';
import { readPowerShellWords } from './powershell-model.ts';

it.each(['/home/ada/x.y', 'a b', "it's", '$(touch x)', '`x`', 'a\nb', '', '-C', '"', '\\', '~'])(
  'is read back by a shell as it was: %j',
  (text) => {
    const script = `printf %s ${shellWord(text)}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(text);
  },
);

it('leaves a plain path as it is', () => {
  expect(shellWord('/home/ada/a-b_c.yaml')).toBe('/home/ada/a-b_c.yaml');
});

describe('a path of Windows', () => {
  // What is special to one of the shells, often.
  const name = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from('\u2018\u2019\u201a\u201b\u201c\u201d\u201e$`\'"%!;&() \\a')),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });

  it('is read back by PowerShell as it was', () => {
    fc.assert(
      fc.property(name, (text) => {
        const path = `C:\\${text}`;
        const word = windowsWord(path);
        expect(readPowerShellWords(`icacls ${word}`)).toEqual(['icacls', path]);
        expect(word).not.toMatch(/\\"$/);
      }),
    );
  });

  it.each([
    ['C:\\src\\a b', '"C:\\src\\a b"'],
    ['C:\\src\\a\u201d; calc; \u201cb', "'C:\\src\\a\u201d; calc; \u201cb'"],
    ['C:\\$a\u2019; calc; \u2018', "'C:\\$a\u2019\u2019; calc; \u2018\u2018'"],
    ["C:\\100%\\it's!", "'C:\\100%\\it''s!'"],
    ['D:\\', 'D:\\'],
    ['\\\\server\\my share\\', "'\\\\server\\my share\\'"],
  ])('%s', (path, word) => {
    expect(windowsWord(path)).toBe(word);
  });
});
