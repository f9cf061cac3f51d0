import { expect } from 'chai';
import { prepareCall } from '#dist/model/call.js';
import { copyData, ownCopy, roomFor } from '#dist/tensor/copies.js';
import { lease, type Chunk } from '#dist/tensor/leased-copies.js';
import { Tensor } from '../support/internals.js';
import { markedTensor } from '../support/marked-tensor.js';

const row = (value: number, elements = 256): Tensor =>
  new Tensor('float32', new Float32Array(elements).fill(value), [1, elements]);
const copyOf = (value: number): { readonly chunk: Chunk; readonly data: Float32Array } => {
  const chunk = lease(roomFor(1024));
  return { chunk, data: chunk.copy(row(value)) as Float32Array };
};

describe('leased copies', () => {
  it('are never written over before they are given back', () => {
    const kept: ReturnType<typeof copyOf>[] = [];
    for (let i = 0; i < 1000; i++) {
      const copy = copyOf(i);
      if (i % 3 === 0) kept.push(copy);
      else copy.chunk.giveBack();
    }
    for (const [i, { data }] of kept.entries()) {
      expect(data.every((element) => element === 3 * i)).to.equal(true);
    }
    for (const { chunk } of kept) chunk.giveBack();
  });

  it('use the same memory again once all of a chunk are given back', () => {
    const buffers = new Set<ArrayBufferLike>();
    for (let i = 0; i < 1000; i++) {
      const { chunk, data } = copyOf(i);
      buffers.add(data.buffer);
      chunk.giveBack();
    }
    // A megabyte in chunks of 64 KiB: the first pass fills the current one, and what it comes to.
    expect(buffers.size).to.be.at.most(2);
  });

  it('begin where elements of eight bytes and vector instructions want them', () => {
    const chunk = lease(roomFor(3) + roomFor(16));
    const bytes = chunk.copy(new Tensor('uint8', Uint8Array.of(1, 2, 3), [3]));
    const wide = chunk.copy(new Tensor('int64', BigInt64Array.of(4n, 5n), [2]));
    expect([bytes.byteOffset % 64, wide.byteOffset % 64]).to.deep.equal([0, 0]);
    expect([[...bytes], [...wide]]).to.deep.equal([
      [1, 2, 3],
      [4n, 5n],
    ]);
    chunk.giveBack();
  });

  it('refuse a tensor whose buffer was detached', () => {
    const tensor = row(1);
    structuredClone(tensor.data.buffer, { transfer: [tensor.data.buffer as ArrayBuffer] });
    const chunk = lease(roomFor(1024));
    expect(() => chunk.copy(tensor))
      .to.throw(/detached/)
      .with.property('code', 'ERR_INVALID_SHAPE');
    chunk.giveBack();
  });

  it('lie beyond the last one by its own length', () => {
    const chunk = lease(roomFor(1024) + roomFor(1024));
    // A typed array may have a property of its own that says another length.
    const data = Object.defineProperty(new Float32Array(256), 'byteLength', { value: 4 });
    const first = chunk.copy(new Tensor('float32', data, [1, 256]));
    chunk.copy(row(7));
    expect(first.every((element) => element === 0)).to.equal(true);
    chunk.giveBack();
  });
});

describe('copies of what merely has the mark of a tensor', () => {
  const numbers = new Float32Array(256).fill(1);
  const chunk = { copy: (tensor: Tensor) => lease(roomFor(2048)).copy(tensor) };
  const ways: readonly (readonly [string, (tensor: Tensor) => unknown])[] = [
    ['leased', (tensor) => chunk.copy(tensor)],
    ['shared', copyData],
    ['own', ownCopy],
    ['a call’s', (tensor) => prepareCall('forward', [tensor])],
  ];
  for (const [what, copy] of ways) {
    for (const [why, tensor, code] of [
      ['an array of narrower elements', markedTensor('float64', numbers, [1, 256]), 'ERR_INVALID_ARGUMENT'],
      ['an array of wider elements', markedTensor('int8', numbers, [1, 256]), 'ERR_INVALID_ARGUMENT'],
      ['another array of as many bytes', markedTensor('int32', numbers, [1, 256]), 'ERR_INVALID_ARGUMENT'],
      ['no typed array', markedTensor('uint8', new DataView(new ArrayBuffer(256)), [1, 256]), 'ERR_INVALID_ARGUMENT'],
      ['an unknown dtype', markedTensor('complex64' as 'float64', numbers, [1, 256]), 'ERR_INVALID_DTYPE'],
      ['another number of elements', markedTensor('float32', numbers, [1, 255]), 'ERR_INVALID_SHAPE'],
    ] as const) {
      it(`refuse ${why}: ${what}`, () => {
        expect(() => copy(tensor))
          .to.throw(Error)
          .with.property('code', code);
      });
    }

    it(`take what is in order: ${what}`, () => {
      expect(() => copy(markedTensor('float32', numbers, [1, 256]))).not.to.throw();
    });
  }

  it('leave the rows of other callers alone', () => {
    for (const copy of [(tensor: Tensor) => copyData(tensor), (tensor: Tensor) => lease(roomFor(2048)).copy(tensor)]) {
      const kept: Float64Array[] = [];
      for (let i = 1; i <= 4; i++) {
        kept.push(copy(new Tensor('float64', new Float64Array(256).fill(i), [1, 256])) as Float64Array);
        try {
          kept.push(copy(markedTensor('float64', new Float32Array(256).fill(i), [1, 256])) as Float64Array);
        } catch {
          kept.push(new Float64Array(256).fill(i)); // refused
        }
      }
      const wrong = kept.filter((data, i) => !data.every((element) => element === 1 + Math.floor(i / 2)));
      expect(wrong).to.have.length(0);
    }
  });
});
