import { fitted } from '../libtorch/fetch/progress.js';
import { columns } from './report.js';

/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Numbers end at the same place. */
  readonly alignRight?: true;
  /** Where the terminal is too narrow, the column with the largest number goes first; without one it stays. */
  readonly dispensable?: number;
}

const gap = 2;

/**
 * Lines of a table under its titles. A column that is empty in every row is left out.
 * @param width columns of the terminal; undefined where nobody looks, and nothing is left out
 */
export function table<Row>(cols: readonly Column<Row>[], rows: readonly Row[], width?: number): string[] {
  let cells = cols.map((column) => ({ ...column, texts: rows.map(column.of) }));
  cells = cells.filter(({ texts }) => texts.some((text) => text !== ''));
  const widthOf = ({ title, texts }: (typeof cells)[number]): number =>
    Math.max(title.length, ...texts.map((text) => text.length));
  const total = (): number => cells.reduce((sum, cell) => sum + widthOf(cell) + gap, -gap);
  while (width !== undefined && total() > width) {
    const next = cells.reduce((a, b) => ((a.dispensable ?? 0) >= (b.dispensable ?? 0) ? a : b));
    if (next.dispensable === undefined) break;
    cells = cells.filter((cell) => cell !== next);
  }
  const line = (textOf: (cell: (typeof cells)[number]) => string): string => {
    const padded = cells.map((cell) =>
      cell.alignRight ? textOf(cell).padStart(widthOf(cell)) : textOf(cell).padEnd(widthOf(cell)),
    );
    const text = padded.join(' '.repeat(gap)).trimEnd();
    return width === undefined ? text : fitted(text, width);
  };
  return [line(({ title }) => title), ...rows.map((_, index) => line(({ texts }) => texts[index] ?? ''))];
}

/** Rows of a label and a text, indented: wrapped on a terminal, a line each where nobody looks. */
export function rowsOf(rows: readonly (readonly [label: string, text: string])[], width: number | undefined): string[] {
  if (rows.every(([label]) => label === '')) return rows.map(([, text]) => `  ${text}`);
  return width === undefined ? columns(rows, '  ') : wrapped(rows, width, '  ');
}

/** Rows of a label and a text, as `columns`, where a long text goes on in its own column. */
export function wrapped(
  rows: readonly (readonly [label: string, text: string])[],
  width: number,
  indent = '',
): string[] {
  const left = indent.length + Math.max(...rows.map(([label]) => label.length)) + gap;
  return rows.flatMap(([label, text]) =>
    pieces(text, Math.max(20, width - left)).map(
      (piece, index) => `${indent}${index === 0 ? label : ''}`.padEnd(left) + piece,
    ),
  );
}

/** Breaks at spaces; a word without one, such as a path, stays whole for whoever copies it. */
function pieces(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
