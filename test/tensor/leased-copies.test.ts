import { expect } from 'chai';
import { lease, roomFor, type Chunk } from '#dist/tensor/leased-copies.js';
import { Tensor } from '../support/internals.js';

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
});
