import { expect } from 'chai';
import { prepareCall, releaseCall } from '#dist/model/call.js';
import { CallKeys } from '#dist/model/call-keys.js';
import { markedTensor } from '../support/marked-tensor.js';
import { Tensor } from '../support/internals.js';

const ids = (length: number): Tensor => Tensor.zeros([1, length], 'int64');
const text = (length: number): Tensor[] => [ids(length), ids(length)];

function keyOf(given: readonly Tensor[], keys?: CallKeys, method = 'forward'): string {
  const call = prepareCall(method, given, keys ? { keys } : {});
  releaseCall(call);
  return call.key;
}

/** How many of the calls find a key. */
const found = (keys: CallKeys, calls: readonly (readonly Tensor[])[]): number =>
  calls.filter((given) => keys.find('forward', given) !== undefined).length;

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);

describe('the memory of keys', () => {
  for (const [what, lengths] of [
    ['nine lengths', range(1, 10)],
    ['the lengths of a text model', range(1, 257)],
    ['lengths in steps of 64', range(64, 64 * 33, 64)],
  ] as const) {
    it(`knows ${what} from the second time on`, () => {
      for (const callsOf of [text, (length: number) => [ids(length)]]) {
        const keys = new CallKeys();
        const calls = lengths.map(callsOf);
        for (const given of calls) keyOf(given, keys);
        // A hash may put more forms into one place than it holds.
        expect(found(keys, calls)).to.be.at.least(Math.ceil(0.97 * lengths.length));
      }
    });
  }

  it('gives the keys that calls have without it, in whatever order shapes, dtypes and methods come', () => {
    const keys = new CallKeys();
    const calls = range(0, 6000).map((i) => {
      // A walk over more forms than are kept, so that they are evicted and come again.
      const [height, width, rows] = [1 + ((i * 7919) % 53), 1 + ((i * 104_729) % 31), 1 + (i % 3)];
      const dtype = (['float32', 'float64', 'int64', 'uint8'] as const)[i % 4] ?? 'float32';
      const first = Tensor.zeros([rows, height, width], dtype);
      return {
        method: i % 5 === 0 ? 'encode' : 'forward',
        given: i % 2 === 0 ? [first] : [first, Tensor.zeros([rows, width])],
      };
    });
    for (const { method, given } of calls) expect(keyOf(given, keys, method)).to.equal(keyOf(given, undefined, method));
  });

  it('tells shapes of the same elements apart, and tensors of another number', () => {
    const keys = new CallKeys();
    const calls = [[2, 6], [6, 2], [12], [1, 12], [12, 1], [2, 2, 3]].map((tail) => [Tensor.zeros([1, ...tail])]);
    const all = [...calls, ...calls.map(([tensor]) => [tensor as Tensor, tensor as Tensor])];
    for (let pass = 0; pass < 2; pass++) expect(new Set(all.map((given) => keyOf(given, keys))).size).to.equal(12);
  });

  it('keeps what came last, and a bounded number of forms', () => {
    const keys = new CallKeys();
    const calls = range(1, 2001).map((length) => [ids(length)]);
    for (const given of calls) {
      keyOf(given, keys);
      expect(found(keys, [given])).to.equal(1); // and so no miss follows the other
    }
    expect(found(keys, calls)).to.be.at.most(512);
    expect(found(keys, calls.slice(-100))).to.equal(100);
  });

  it('does not go on remembering shapes that never come again, and begins anew with those that do', () => {
    const keys = new CallKeys();
    const many = range(1, 2001).map((length) => [ids(length)]);
    for (const given of many) keyOf(given, keys);
    expect(found(keys, many.slice(1000))).to.be.within(1, 100);
    const few = range(3000, 3003).map((length) => [ids(length)]);
    for (let pass = 0; pass < 40; pass++) for (const given of few) keyOf(given, keys);
    expect(found(keys, few)).to.equal(3);
  });

  it('does not follow a shape that is changed later', () => {
    const keys = new CallKeys();
    const shape = [1, 4];
    keyOf([markedTensor('float32', new Float32Array(4), shape)], keys);
    shape[1] = 2;
    expect(keyOf([Tensor.zeros([1, 2])], keys)).to.equal('forward|float32[2]');
    expect(keyOf([Tensor.zeros([1, 4])], keys)).to.equal('forward|float32[4]');
  });
});
