/** docs/metrics.md is what the tables of metrics say. */
import { gauges } from '#dist/monitoring/gauges.js';
import { counted } from '#dist/monitoring/metrics-table.js';
import { checkDocsTable } from '../support/docs-table.js';

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
const together = { sum: 'sum', average: 'mean', max: 'greatest', min: 'least' };

describe('docs/metrics.md', () => {
  it('has what is counted', () => {
    checkDocsTable(
      'metrics.md',
      ['Counted', 'Type', 'Labels', 'Meaning'],
      Object.values(counted).map(({ name, type, labels, help }) => [`\`${name}\``, type, code(labels), help]),
    );
  });

  it('has what is read', () => {
    checkDocsTable(
      'metrics.md',
      ['Read', 'Type', 'Labels', 'Over workers', 'Meaning'],
      gauges.map((row) => [
        `\`${row.name}\``,
        row.type ?? 'gauge',
        code(row.labels),
        together[row.together ?? 'sum'],
        row.help,
      ]),
    );
  });
});
