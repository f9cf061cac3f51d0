import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
const normal = (text) => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
/**
 * Holds the table of a page in docs/ to the code: the one that begins with `header`. Column widths do not count.
 * With UPDATE_DOCS set the page is written instead.
 */
export function checkDocsTable(page, header, rows) {
    const path = new URL(`../../docs/${page}`, import.meta.url);
    const docs = readFileSync(path, 'utf8');
    const line = (cells) => `| ${cells.join(' | ')} |`;
    const table = [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
    if (process.env['UPDATE_DOCS']) {
        const [before = '', after = ''] = docs.split(new RegExp(`^\\| ${header[0]} .*\\n(?:\\|.*\\n)*`, 'm'));
        writeFileSync(path, `${before}${table}\n${after}`);
    }
    else
        expect(normal(docs)).to.include(`${normal(table)}\n\n`, `docs/${page} differs; UPDATE_DOCS=1 writes it`);
}
