import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AtmosError } from '../../../src/core/errors.ts';
import { batchLine } from '../../../src/host/windows/programs.ts';

const file = 'C:\\my tools/npx.cmd';

test('a plain argument does not change, any other is in quotes', () => {
  expect(
    batchLine(file, ['deploy', '--x', '-C:\\a', 'a b', '--k=v', '', 'a\\', 'q"q', 's\\"e']),
  ).toBe('"C:\\my tools\\npx.cmd" deploy --x -C:\\a "a b" "--k=v" "" "a\\\\" "q""q" "s\\\\""e"');
});

test('an argument that cmd.exe would interpret is refused, and the error says why', () => {
  expect(() => batchLine(file, ['%PATH%'])).toThrow(
    expect.objectContaining({
      code: 'ERR_COMMAND_NOT_EXECUTABLE',
      message:
        'cannot run the batch file "C:\\\\my tools/npx.cmd" with these arguments: cmd.exe would interpret a % or a line break in them',
    }),
  );
  expect(() => batchLine(file, ['x'.repeat(8000)])).toThrow(/accepts at most 8000 characters/);
});

/** The parts of a line outside of quotes, as cmd.exe reads it: every quote opens or closes. */
function unquoted(line: string): string {
  return line
    .split('"')
    .filter((_, index) => index % 2 === 0)
    .join('');
}

test('special characters of cmd.exe are never outside of quotes', () => {
  const unit = fc.constantFrom(...Array.from('ab \\"&|<>^()!%;,=*?\'`\n\té'));
  fc.assert(
    fc.property(fc.array(fc.string({ unit, maxLength: 12 }), { maxLength: 4 }), (args) => {
      try {
        const line = batchLine('C:\\x.cmd', args);
        expect(line).not.toMatch(/[%\n]/);
        expect(unquoted(line)).toMatch(/^[\w./:\\@+ -]*$/);
        // The last quote is closed.
        expect(line.split('"').length % 2).toBe(1);
      } catch (error) {
        if (!(error instanceof AtmosError)) throw error;
        expect(args.join('')).toMatch(/[%\n\t]/);
      }
    }),
  );
});
