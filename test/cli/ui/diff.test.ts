import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDiff } from '../../../src/cli/ui/diff.ts';
import { applyEdits, type TextEdit } from '../../../src/config/edit-yaml.ts';
import type { Line } from '../../../src/cli/printer.ts';

const textOf = (line: Line) =>
  [line]
    .flat()
    .map((part) => (typeof part === 'string' ? part : part.text))
    .join('');
const diffOf = (before: string, edits: readonly TextEdit[]) =>
  formatDiff('~/x', before, edits).map(textOf);
const insert = (at: number, text: string) => ({ start: at, end: at, text });

const ten = Array.from({ length: 10 }, (_, index) => `${index + 1}\n`).join('');

describe('a unified diff', () => {
  test('of a new file', () => {
    expect(diffOf('', [insert(0, 'a\nb\n')])).toEqual([
      '--- /dev/null',
      '+++ ~/x',
      '@@ -0,0 +1,2 @@',
      '+a',
      '+b',
    ]);
  });

  test('of insertions far from each other, with three lines around each', () => {
    expect(diffOf(ten, [insert(0, 'x\n'), insert(ten.length, 'y\n')])).toEqual([
      '--- ~/x',
      '+++ ~/x',
      '@@ -1,3 +1,4 @@',
      '+x',
      ' 1',
      ' 2',
      ' 3',
      '@@ -8,3 +9,4 @@',
      ' 8',
      ' 9',
      ' 10',
      '+y',
    ]);
  });

  test('of a part of a line', () => {
    expect(diffOf('a\nb: {}\nc\n', [{ start: 5, end: 7, text: '\n  d: 1' }]).slice(2)).toEqual([
      '@@ -1,3 +1,4 @@',
      ' a',
      '-b: {}',
      '+b: ',
      '+  d: 1',
      ' c',
    ]);
  });

  test('of two edits of a line, the second of which joins it with the next one', () => {
    const edits = [insert(0, ''), { start: 1, end: 3, text: '' }];
    expect(diffOf('aa\na', edits).slice(3)).toEqual(['-aa', '-a', '+aa']);
  });

  test('after a last line without a line break, and with carriage returns', () => {
    expect(diffOf('a\r\nb', [insert(4, '\r\n\r\nc')]).slice(3)).toEqual([' a', ' b', '+', '+c']);
  });
});

test('its lines are those of the file before and after', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 20 });
  const cases = fc
    .tuple(texts, fc.array(fc.tuple(fc.nat(20), fc.nat(4), texts), { maxLength: 3 }))
    .map(([before, parts]) => {
      const edits: TextEdit[] = [];
      let from = 0;
      for (const [skip, length, text] of parts) {
        const start = Math.min(before.length, from + skip);
        const end = Math.min(before.length, start + length);
        if (start >= from && (edits.length === 0 || start > from)) edits.push({ start, end, text });
        from = end;
      }
      return { before, edits };
    });
  fc.assert(
    fc.property(cases, ({ before, edits }) => {
      // Context of the whole file.
      const lines = diffOf(before, edits)
        .slice(2)
        .filter((line) => !line.startsWith('@@'));
      const part = (mark: string) =>
        lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1));
      const kept = (text: string) => text.split('\n');
      const after = applyEdits(before, edits);
      for (const line of part('-')) expect(kept(before)).toContain(line);
      for (const line of part('+')) expect(kept(after)).toContain(line);
      for (const line of part(' ')) {
        expect(kept(before)).toContain(line);
        expect(kept(after)).toContain(line);
      }
    }),
  );
});
