/** Rows of cells as text with aligned columns; numbers to the right. The first row is the heading. */
export function textTable(rows) {
  const cells = rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const isNumber = (text) => /^[-+~]?[\d.,]+( ?%)?$/.test(text);
  const line = (row) =>
    row
      .map((cell, i) => (isNumber(cell) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}

export function markdownTable(rows) {
  const line = (row) => `| ${row.map((cell) => cell ?? '').join(' | ')} |`;
  const [heading, ...rest] = rows;
  return [line(heading), line(heading.map((_, i) => (i === 0 ? '---' : '--:'))), ...rest.map(line)].join('\n');
}

/** A number for people: three significant digits, thousands whole. */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** The table of a run. */
export function resultsTable(results) {
  const heading = ['benchmark', 'per second', 'p50 ms', 'p95 ms', '× ref', 'p50 × ref', 'p95 × ref'];
  const lines = Object.entries(results).map(([name, r]) => [
    name,
    ...[r.throughput, r.p50, r.p95, r.ratioThroughput, r.ratioP50, r.ratioP95].map(short),
  ]);
  return [heading, ...lines];
}
