import { expect } from 'chai';
import { TorchError } from '#dist/errors.js';
import { inferRequest, type WireInferRequest } from '#dist/protocol/grpc/infer-messages.js';
import { choice, map, Message, one, optional, packed, repeated, Run } from '#dist/protocol/grpc/message.js';
import { seeded } from '../../support/random.js';

interface Everything {
  text: string;
  int: number;
  long: number | bigint;
  ulong: number | bigint;
  flag: boolean | undefined;
  real: number;
  list: readonly (number | bigint)[];
  texts: readonly string[];
  inner: { text: string } | undefined;
  named: Record<string, { text: string }>;
  floats: Run | Uint8Array | undefined;
  kind: string;
}

const inner = new Message<{ text: string }>('Inner', { text: one(1, 'string') });
const everything = new Message<Everything>('Everything', {
  text: one(1, 'string'),
  int: one(2, 'int32'),
  long: one(3, 'int64'),
  ulong: one(4, 'uint64'),
  flag: optional(5, 'bool'),
  real: one(6, 'double'),
  list: repeated(7, 'int64'),
  texts: repeated(8, 'string'),
  inner: optional(9, inner),
  named: map(10, inner),
  floats: packed(11, 'float'),
  kind: one(300, choice({ NONE: 0, SOME: 5 })),
});
const bytesOf = (value: Partial<Everything>): Buffer => Buffer.concat(everything.encode(value as Everything).pieces());
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('messages of protobuf', () => {
  it('are written as protobuf says', () => {
    // protoc wrote these: field 1 "testing", field 2 150, packed 3 270 86942.
    expect(bytesOf({ text: 'testing' }).toString('hex')).to.equal('0a0774657374696e67');
    expect(bytesOf({ int: 150 }).toString('hex')).to.equal('109601');
    expect(bytesOf({ list: [3, 270, 86942] }).toString('hex')).to.equal('3a06038e029ea705');
    expect(bytesOf({ int: -1 }).toString('hex')).to.equal('10ffffffffffffffffff01');
    expect(bytesOf({ flag: false, kind: 'SOME' }).toString('hex')).to.equal('2800e01205');
    expect(bytesOf({ text: '', int: 0, list: [], named: {} }).toString('hex')).to.equal('');
  });

  it('are read back, with the exact value of every integer', () => {
    const value = {
      text: 'grün',
      int: -(2 ** 31),
      long: -(2n ** 63n),
      ulong: 2n ** 64n - 1n,
      flag: true,
      real: -0.1,
      list: [0, 1, -1, 2 ** 53 - 1, 2n ** 53n, -(2n ** 62n), 2 ** 35],
      texts: ['', 'x'.repeat(5000), 'y'],
      inner: { text: 'z'.repeat(2000) },
      named: Object.assign(Object.create(null) as Everything['named'], { __proto__x: { text: 'a' }, '': { text: '' } }),
      kind: 'SOME',
    };
    const floats = Float32Array.of(1.5, NaN, -0);
    const read = everything.decode(bytesOf({ ...value, floats: new Uint8Array(floats.buffer) }));
    expect({ ...read, floats: undefined }).to.deep.equal({ ...value, floats: undefined });
    expect(new Float32Array((read.floats as Run).bytes(4).slice().buffer)).to.deep.equal(floats);
  });

  it('take numbers one by one and in runs, pass over what they do not know, and join a message that comes in parts', () => {
    expect(everything.decode(hex('38 03 3a03 8e0205 38 07')).list).to.deep.equal([3, 270, 5, 7]);
    const run = everything.decode(hex('5d 0000803f 5a08 00000040 00004040 5d 00008040')).floats as Run;
    expect([...new Float32Array(run.bytes(4).slice().buffer)]).to.deep.equal([1, 2, 3, 4]);
    // Field 99 of each wire type, a group in a group too.
    const unknown = '9806 7f 9906 0000000000000000 9a06 01 00 9d06 00000000 9b06 08 01 0b 10 01 0c 9c06';
    expect(everything.decode(hex(`${unknown} 1001`)).int).to.equal(1);
    expect(everything.decode(hex('4a00 4a03 0a0178 4a00')).inner).to.deep.equal({ text: 'x' });
  });

  for (const [what, bytes] of Object.entries({
    'cut in a varint': '10 96',
    'cut in a text': '0a 05 61',
    'cut in a number': '31 00 00',
    'a varint of 11 bytes': '10 ff ff ff ff ff ff ff ff ff ff 01',
    'a length beyond the end': '0a ff ff ff ff ff ff ff ff 7f',
    'another wire type': '0d 00 00 00 00',
    'an unknown wire type': '0f',
    'field 0': '00 01',
    'a number beyond 32 bits': '10 ff ff ff ff ff 01',
    'text that is no UTF-8': '0a 02 c3 28',
    'the end of a group': '9c06',
    'half a float': '5a 03 00 00 80',
  })) {
    it(`refuse ${what}`, () => {
      expect(() => {
        (everything.decode(hex(bytes)).floats as Run | undefined)?.bytes(4);
      })
        .to.throw(TorchError)
        .with.property('code', 'ERR_BAD_REQUEST');
    });
  }

  it('hold so many values at most, whatever their bytes', () => {
    const code = 'ERR_PAYLOAD_TOO_LARGE';
    const small = { left: 1000 };
    expect(() => everything.decode(bytesOf({ list: Array<number>(1001).fill(1) }), { ...small }))
      .to.throw(TorchError)
      .with.property('code', code);
    expect(() => everything.decode(bytesOf({ texts: Array<string>(251).fill('') }), { ...small }))
      .to.throw(TorchError)
      .with.property('code', code);
    expect(() => everything.decode(hex('4a00'.repeat(4)), { ...small }))
      .to.throw(TorchError)
      .with.property('code', code);
    expect(everything.decode(hex('4a00'.repeat(3)), { ...small }).inner).to.deep.equal({ text: '' });
  });

  it('cost what they take, whatever they are made of', () => {
    const tooLarge = (bytes: string, times: number): void => {
      expect(() => everything.decode(hex(bytes.repeat(times)), { left: 1000 }), bytes)
        .to.throw(TorchError)
        .with.property('code', 'ERR_PAYLOAD_TOO_LARGE');
    };
    tooLarge('5d0000803f', 251); // a float alone
    tooLarge('5a00', 251); // a run of floats
    tooLarge('3a00', 251); // a run of integers
    tooLarge('980600', 1001); // a field that is not known
    tooLarge('9b069c06', 1001); // a group
    tooLarge('52 04 0a00 1200', 2); // an entry of a map: two messages
    // Many numbers in one run cost no more than one.
    const run = everything.decode(bytesOf({ floats: new Uint8Array(4 * 5000) }), { left: 1000 }).floats as Run;
    expect(run.bytes(4)).to.have.length(20_000);
  });

  it('keep the mark U+FEFF that a text begins with', () => {
    expect(everything.decode(bytesOf({ text: '\ufeffx' })).text).to.equal('\ufeffx');
  });

  for (const long of [Infinity, -Infinity, NaN, 1.5, 2 ** 64, 2n ** 64n, -(2n ** 63n) - 1n]) {
    it(`are not written with ${long} as an integer`, () => {
      expect(() => bytesOf({ long }))
        .to.throw(TorchError)
        .with.property('code', 'ERR_OUT_OF_RANGE');
    });
  }

  it('of random bytes, and of good bytes with some changed, end in a message or an error of ours', () => {
    const below = seeded(15);
    const good = Buffer.concat(
      inferRequest
        .encode({
          model_name: 'm',
          model_version: '1',
          id: 'i',
          parameters: { timeout: { int64_param: 5 }, s: { string_param: 'x' } },
          inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 2], parameters: {}, contents: { int_contents: [1, 2] } }],
          outputs: [{ name: 'o', parameters: {} }],
          raw_input_contents: [Buffer.alloc(8)],
        } satisfies WireInferRequest)
        .pieces(),
    );
    for (let round = 0; round < 3000; round++) {
      const bytes = round % 2 === 0 ? Buffer.from(good) : Buffer.alloc(below(40));
      const changes = round % 2 === 0 ? 1 + below(3) : bytes.length;
      for (let i = 0; i < changes; i++) {
        const at = round % 2 === 0 ? below(bytes.length) : i;
        bytes[at] = below(256);
      }
      try {
        inferRequest.decode(bytes);
      } catch (error) {
        expect((error as TorchError).code).to.be.oneOf(['ERR_BAD_REQUEST', 'ERR_PAYLOAD_TOO_LARGE']);
      }
    }
  });
});
