import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AtmosError } from '../../../src/core/errors.ts';
import { batchLine } from '../../../src/host/windows/programs.ts';

const file = 'C:\\my tools/npx.cmd';

test('a plain argument stays as it is, any other stands in quotes', () => {
  expect(
    batchLine(file, ['deploy', '--x', '-C:\\a', 'a b', '--k=v', '', 'a\\', 'q"q', 's\\"e']),
  ).toBe('"C:\\my tools\\npx.cmd" deploy --x -C:\\a "a b" "--k=v" "" "a\\\\" "q""q" "s\\\\""e"');
});

test('what cmd.exe would take for its own is refused, and named', () => {
  expect(() => batchLine(file, ['%PATH%'])).toThrow(
    expect.objectContaining({
      code: 'ERR_COMMAND_NOT_EXECUTABLE',
      message:
        'cannot run the batch file "C:\\\\my tools/npx.cmd" with these arguments: cmd.exe would take a % or a line break for its own',
    }),
  );
  expect(() => batchLine(file, ['x'.repeat(8000)])).toThrow(/reads 8000 characters/);
});

/** How cmd.exe looks at a line: a quote begins or ends what stands for itself. */
function unquoted(line: string): string {
  return line
    .split('"')
    .filter((_, index) => index % 2 === 0)
    .join('');
}

test('nothing that cmd.exe obeys ever stands outside of quotes', () => {
  const unit = fc.constantFrom(...Array.from('ab \\"&|<>^()!%;,=*?\'`\n\té'));
  fc.assert(
    fc.property(fc.array(fc.string({ unit, maxLength: 12 }), { maxLength: 4 }), (args) => {
      try {
        const line = batchLine('C:\\x.cmd', args);
        expect(line).not.toMatch(/[%\n]/);
        expect(unquoted(line)).toMatch(/^[\w./:\\@+ -]*$/);
        // The last is closed.
        expect(line.split('"').length % 2).toBe(1);
      } catch (error) {
        if (!(error instanceof AtmosError)) throw error;
        expect(args.join('')).toMatch(/[%\n\t]/);
      }
    }),
  );
});
