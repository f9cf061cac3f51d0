import { expect } from 'chai';
import { table, wrapped, type Column } from '#dist/cli/table.js';

interface Row {
  readonly name: string;
  readonly size: string;
  readonly note: string;
}

const columns: Column<Row>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'SIZE', of: ({ size }) => size, alignRight: true, dispensable: 1 },
  { title: 'NOTE', of: ({ note }) => note, dispensable: 2 },
];
const rows: Row[] = [
  { name: 'a', size: '1.0 MiB', note: 'x' },
  { name: 'much-longer', size: '12 B', note: '' },
];

describe('table', () => {
  it('aligns columns, numbers to the right, and leaves no spaces at the end', () => {
    expect(table(columns, rows)).to.deep.equal([
      'NAME            SIZE  NOTE',
      'a            1.0 MiB  x',
      'much-longer     12 B',
    ]);
  });

  it('leaves out a column that says nothing', () => {
    expect(table(columns, [{ name: 'a', size: '', note: 'x' }])).to.deep.equal(['NAME  NOTE', 'a     x']);
  });

  it('drops columns of a narrow terminal in their order, and then cuts', () => {
    const widths = (width: number) => table(columns, rows, width);
    expect(widths(26)[0]).to.equal('NAME            SIZE  NOTE');
    expect(widths(25)[0]).to.equal('NAME            SIZE');
    expect(widths(19)).to.deep.equal(['NAME', 'a', 'much-longer']);
    expect(widths(6)).to.deep.equal(['NAME', 'a', 'much-…']);
  });
});

describe('wrapped', () => {
  it('goes on in the column of the text, and keeps words whole', () => {
    const path = `/${'x'.repeat(40)}`;
    expect(
      wrapped(
        [
          ['a', 'one two three four five six seven'],
          ['long', path],
        ],
        30,
        '  ',
      ),
    ).to.deep.equal(['  a     one two three four', '        five six seven', `  long  ${path}`]);
  });
});
