import type { TextEdit } from '../../config/edit-yaml.ts';
import type { Line } from '../printer.ts';
import { paint } from './color.ts';

const contextLines = 3;

/** A line of a diff: ` ` kept, `-` removed, `+` added. */
interface DiffLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/**
 * The edits of a file as a unified diff, without line breaks at the ends of lines.
 *
 * @param name of the file in its two first lines
 * @param edits do not overlap
 */
export function formatDiff(name: string, before: string, edits: readonly TextEdit[]): Line[] {
  const lines = diffLines(before, edits);
  const hunks = findHunks(lines);
  const start = [before === '' ? '--- /dev/null' : `--- ${name}`, `+++ ${name}`];
  return [
    ...start.map((line): Line => [paint('bold', line)]),
    ...hunks.flatMap((hunk) => formatHunk(lines, hunk)),
  ];
}

/** All lines of the file, before and after. */
function diffLines(before: string, edits: readonly TextEdit[]): DiffLine[] {
  const lines: DiffLine[] = [];
  const add = (mark: DiffLine['mark'], text: string) => {
    for (const line of linesOf(text)) lines.push({ mark, text: line });
  };
  let at = 0;
  for (const group of groupByLine(before, edits)) {
    add(' ', before.slice(at, group.start));
    const old = before.slice(group.start, group.end);
    // What an insertion leaves as it is above or below it is not shown as changed.
    const isEnded = old === '' || old.endsWith('\n');
    const rest = group.text.startsWith(old) ? group.text.slice(old.length) : undefined;
    const isKept = rest !== undefined && (isEnded || /^\r?\n/.test(rest));
    add(isKept ? ' ' : '-', old);
    if (isKept) add('+', isEnded ? rest : rest.replace(/^\r?\n/, ''));
    else add('+', group.text);
    at = group.end;
  }
  add(' ', before.slice(at));
  return lines;
}

/** The edits as replacements of whole lines. */
function groupByLine(before: string, edits: readonly TextEdit[]): TextEdit[] {
  const groups: TextEdit[] = [];
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    const previous = groups.at(-1);
    const lineStart = before.slice(0, start).lastIndexOf('\n') + 1;
    if (previous !== undefined && lineStart < previous.end) {
      // Two edits of one line: the second one is behind the first one.
      groups.pop();
      const kept = previous.text.slice(0, previous.text.length - (previous.end - start));
      const changed = kept + text;
      const isInside =
        end < previous.end || (end === previous.end && (changed === '' || changed.endsWith('\n')));
      const groupEnd = isInside ? previous.end : lineEndOf(before, end);
      const rest = before.slice(end, groupEnd);
      groups.push({ start: previous.start, end: groupEnd, text: changed + rest });
      continue;
    }
    const isWholeLine = start === end && start === lineStart && text.endsWith('\n');
    const lineEnd = isWholeLine ? end : lineEndOf(before, end);
    groups.push({
      start: lineStart,
      end: lineEnd,
      text: before.slice(lineStart, start) + text + before.slice(end, lineEnd),
    });
  }
  return groups;
}

/** Where the line that has the position ends. */
function lineEndOf(text: string, position: number): number {
  const next = text.indexOf('\n', position);
  return next < 0 ? text.length : next + 1;
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

interface Hunk {
  /** Index of the first line. */
  readonly from: number;
  /** Index after the last line. */
  readonly to: number;
}

function findHunks(lines: readonly DiffLine[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    const from = Math.max(0, index - contextLines);
    const to = Math.min(lines.length, index + 1 + contextLines);
    const last = hunks.at(-1);
    if (last !== undefined && from <= last.to) hunks[hunks.length - 1] = { from: last.from, to };
    else hunks.push({ from, to });
  }
  return hunks;
}

function formatHunk(lines: readonly DiffLine[], { from, to }: Hunk): Line[] {
  const count = (some: readonly DiffLine[], other: DiffLine['mark']) =>
    some.filter(({ mark }) => mark !== other).length;
  const [above, shown] = [lines.slice(0, from), lines.slice(from, to)];
  const range = (sign: string, other: DiffLine['mark']) => {
    const length = count(shown, other);
    const first = count(above, other) + (length === 0 ? 0 : 1);
    return `${sign}${first},${length}`;
  };
  const head = `@@ ${range('-', '+')} ${range('+', '-')} @@`;
  return [
    [paint('dim', head)],
    ...shown.map(({ mark, text }): Line => {
      const line = `${mark}${text}`;
      if (mark === ' ') return line;
      return [paint(mark === '+' ? 'green' : 'red', line)];
    }),
  ];
}
