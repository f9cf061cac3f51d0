import { expect } from 'chai';
import { PieceReader, type BodyCut } from '#dist/server/http/body-pieces.js';
import { seeded } from '../../support/random.js';

const bytesOf = (length: number, random: (below: number) => number) =>
  Buffer.from(Array.from({ length }, () => random(256)));

/** The bytes in chunks of any size. */
function chunksOf(bytes: Buffer, random: (below: number) => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random([8, 900, 70_000][random(3)] as number);
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

describe('a body that is cut', () => {
  const front = 300;
  const sizes = [70_000, 3, 0, 150_000];
  const rest = 220_003;
  const cutInto = (told: readonly number[] | undefined, allocated: ArrayBuffer[] = []): BodyCut => ({
    front,
    sizes: () => told,
    allocate: (bytes) => {
      const memory = new ArrayBuffer(bytes);
      allocated.push(memory);
      return memory;
    },
  });

  it('lands in memory of its own, however it comes', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seeded(seed);
      const bytes = bytesOf(front + rest, random);
      const allocated: ArrayBuffer[] = [];
      const reader = new PieceReader(bytes.length, cutInto(sizes, allocated));
      for (const chunk of chunksOf(bytes, random)) reader.add(chunk);
      const pieces = reader.pieces();
      expect(pieces.range(0, pieces.length).equals(bytes)).to.equal(true);
      expect(pieces.range(front, 70_000).buffer).to.equal(allocated[0]);
      expect(pieces.range(front + 70_003, 150_000).buffer).to.equal(allocated[3]);
    }
  });

  it('is kept as it comes where its parts cannot be told, or there is no memory', () => {
    const random = seeded(1);
    const bytes = bytesOf(front + rest, random);
    const noMemory = { ...cutInto(sizes), allocate: () => expect.fail('no memory') };
    for (const cut of [cutInto(undefined), cutInto([1]), cutInto([rest + 1]), noMemory, undefined]) {
      const reader = new PieceReader(bytes.length, cut);
      for (const chunk of chunksOf(bytes, random)) reader.add(chunk);
      const pieces = reader.pieces();
      expect(pieces.length).to.equal(bytes.length);
      expect(pieces.range(0, pieces.length).equals(bytes)).to.equal(true);
    }
  });

  it('may have fewer or more bytes than it says', () => {
    for (const length of [front + 10, front + 70_001, front + rest, front + rest + 5000]) {
      const random = seeded(length);
      const bytes = bytesOf(length, random);
      const reader = new PieceReader(front + rest, cutInto(sizes));
      for (const chunk of chunksOf(bytes, random)) reader.add(chunk);
      const pieces = reader.pieces();
      expect(pieces.length).to.equal(length);
      expect(pieces.range(0, length).equals(bytes)).to.equal(true);
    }
  });

  it('takes memory for a large body only once a part of it has come', () => {
    const allocated: ArrayBuffer[] = [];
    const large = 50 * 1024 * 1024;
    const reader = new PieceReader(front + large, cutInto([large], allocated));
    reader.add(Buffer.alloc(front));
    for (let i = 0; i < 15; i++) reader.add(Buffer.alloc(64 * 1024));
    expect(allocated).to.have.length(0);
    reader.add(Buffer.alloc(64 * 1024));
    expect(allocated.map(({ byteLength }) => byteLength)).to.deep.equal([large]);
  });
});
