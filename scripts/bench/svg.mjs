// Horizontal bars as SVG, written by hand: no dependency, and the files stay small enough to read in a diff.

const escape = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const row = 26;
const left = 250;
const length = 380;

/**
 * @param bars each `{ label, value, min?, max?, own?, note? }`; `own` bars are ours and stand out, min and max make a whisker
 * @param line a value marked by a vertical line, with what it means
 */
export function barChart({ title, unit, bars, line }) {
  const most = Math.max(...bars.map(({ value, max }) => Math.max(value, max ?? 0)), line?.value ?? 0) * 1.02;
  const x = (value) => (left + (value / most) * length).toFixed(1);
  const height = 64 + bars.length * row + (line ? 18 : 0);
  const parts = bars.map(({ label, value, min, max, own, note }, i) => {
    const y = 48 + i * row;
    const middle = y + 9;
    const whisker =
      min === undefined || min === max
        ? ''
        : `<path d="M${x(min)} ${middle}H${x(max)}M${x(min)} ${middle - 4}v8M${x(max)} ${middle - 4}v8" stroke="#333"/>`;
    return (
      `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>` +
      `<rect x="${left}" y="${y}" width="${(x(value) - left).toFixed(1)}" height="18" fill="${own ? '#2a6fdb' : '#b9c2cf'}"/>` +
      `${whisker}<text x="${Number(x(Math.max(value, max ?? 0))) + 8}" y="${middle + 4}">${escape(note ?? value)}</text>`
    );
  });
  const bottom = 48 + bars.length * row;
  const mark = line
    ? `<path d="M${x(line.value)} 42V${bottom}" stroke="#c0392b" stroke-dasharray="4 3"/>` +
      `<text x="${x(line.value)}" y="${bottom + 14}" text-anchor="middle" fill="#c0392b">${escape(line.label)}</text>`
    : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 740 ${height}" font-family="sans-serif" font-size="13">\n` +
    `<rect width="740" height="${height}" fill="#fff"/>\n` +
    `<text x="16" y="24" font-size="15" font-weight="bold">${escape(title)}</text>` +
    `<text x="724" y="24" text-anchor="end" fill="#555">${escape(unit)}</text>\n${parts.join('\n')}\n${mark}\n</svg>\n`
  );
}
