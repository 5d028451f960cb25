import { printable } from '../../core/printable.ts';
import { displayWidth } from './display-width.ts';

/** Names and values in two columns, indented; rows without a value are left out. */
export function formatRows(rows: readonly (readonly [string, string | undefined])[]): string[] {
  const shown = rows.filter((row): row is readonly [string, string] => Boolean(row[1]));
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

/** A line for each row, with its cells in columns two spaces apart. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  // The width as shown at a terminal.
  const shown = rows.map((row) => row.map(printable));
  const columns = (shown[0] ?? []).map((_, column) => shown.map((row) => row[column] ?? ''));
  const widths = columns.map((cells) => Math.max(...cells.map(displayWidth)));
  const format = (row: readonly string[]) =>
    row.map((cell, column) => padEnd(cell, widths[column] ?? 0)).join('  ');
  return shown.map((row) => format(row).trimEnd());
}

function padEnd(cell: string, width: number): string {
  return cell + ' '.repeat(width - displayWidth(cell));
}
