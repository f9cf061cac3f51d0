import { expect } from 'chai';
import { nestedJson, rowsJson } from '#dist/server/codec/nested-json.js';
import { Tensor } from '#dist/tensor/tensor.js';

describe('tensors as JSON', () => {
  it('are arrays in arrays, and read as the numbers that they are', async () => {
    const tensor = Tensor.from([
      [0.1, -2, 1e-30],
      [3.4028234663852886e38, 0, 5],
    ]);
    expect(JSON.parse(await nestedJson(tensor))).to.deep.equal(tensor.toArray());
    expect((await rowsJson(tensor)).map((row) => JSON.parse(row) as unknown)).to.deep.equal(tensor.toArray());
  });

  it('have every dtype, exact', async () => {
    expect(await nestedJson(Tensor.from([9223372036854775807n, -9007199254740993n], 'int64'))).to.equal(
      '[9223372036854775807,-9007199254740993]',
    );
    expect(await nestedJson(Tensor.from([18446744073709551615n], 'uint64'))).to.equal('[18446744073709551615]');
    expect(await nestedJson(Tensor.from([true, false]))).to.equal('[true,false]');
    expect(await nestedJson(Tensor.from([1.5, -0], 'float16'))).to.equal('[1.5,-0.0]');
    expect(await nestedJson(Tensor.from([NaN, Infinity, -Infinity]))).to.equal('[null,null,null]');
    expect(await nestedJson({ shape: [1, 2], data: ['a"b', 'é'] })).to.equal('[["a\\"b","é"]]');
  });

  it('have any shape', async () => {
    expect(await nestedJson(Tensor.from(7))).to.equal('7');
    expect(await rowsJson(Tensor.from(7))).to.deep.equal([]);
    expect(await nestedJson(Tensor.zeros([0, 3]))).to.equal('[]');
    expect(await nestedJson(Tensor.zeros([2, 0]))).to.equal('[[],[]]');
    expect(await rowsJson(Tensor.zeros([2, 0]))).to.deep.equal(['[]', '[]']);
    expect(await nestedJson({ shape: [], data: ['x'] })).to.equal('"x"');
  });

  // Each takes several times the milliseconds of one turn, on a fast machine too.
  const large: [string, number[]][] = [
    ['one long row', [1, 2 ** 21]],
    ['rows that have nothing', [1, 2 ** 20, 0]],
    ['two long rows inside', [1, 2, 2 ** 20 + 1]],
  ];
  for (const [what, shape] of large) {
    it(`of ${what} let others have their turn`, async () => {
      const length = shape.reduce((product, size) => product * size, 1);
      const tensor = new Tensor(
        'int32',
        Int32Array.from({ length }, (_, i) => i),
        shape,
      );
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const text = await nestedJson(tensor);
      const during = turns;
      const rows = await rowsJson(tensor);
      clearInterval(timer);
      expect(during).to.be.greaterThan(0);
      const isWhole = text === JSON.stringify(tensor.toArray());
      expect([isWhole, `[${rows.join(',')}]` === text]).to.deep.equal([true, true]);
    });
  }

  it('of many elements let others have their turn', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const rows = await rowsJson(Tensor.zeros([400_000, 4]));
    clearInterval(timer);
    expect(rows).to.have.length(400_000);
    expect(turns).to.be.greaterThan(0);
  });
});
