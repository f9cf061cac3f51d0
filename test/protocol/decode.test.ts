import { expect } from 'chai';
import { Pieces } from '#dist/protocol/binary/pieces.js';
import { decodeRequest, headerLengthOf, rawRequest } from '#dist/protocol/decode.js';
import type { Datatype } from '#dist/protocol/datatype.js';
import type { InferRequest, TensorMetadata } from '#dist/protocol/messages.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { seeded } from '../support/random.js';

const decode = (text: string, options = {}) => decodeRequest(Pieces.of(Buffer.from(text)), options);
const single = (datatype: string, shape: string, data: string) =>
  `{"inputs":[{"name":"x","shape":${shape},"datatype":"${datatype}","data":${data}}]}`;
const read = (datatype: string, shape: string, data: string) =>
  decode(single(datatype, shape, data)).inputs[0]!.content;
const elements = (datatype: Datatype, shape: string, data: string) => {
  const content = read(datatype, shape, data);
  return content instanceof Tensor ? Array.from<number | bigint>(content.data) : [...content.data];
};
/** The error that something ends with. */
function caught(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
const fault = (text: string) => caught(() => decode(text));

describe('a request in JSON', () => {
  it('keeps every number that its datatype can hold', () => {
    const cases: readonly (readonly [Datatype, string, readonly unknown[]])[] = [
      ['BOOL', '[true,false]', [1, 0]],
      ['INT8', '[-128,127]', [-128, 127]],
      ['UINT8', '[0,255]', [0, 255]],
      ['INT16', '[-32768,32767]', [-32768, 32767]],
      ['UINT16', '[0,65535]', [0, 65535]],
      ['INT32', '[-2147483648,2147483647]', [-2147483648, 2147483647]],
      ['UINT32', '[0,4294967295]', [0, 4294967295]],
      ['INT64', '[-9223372036854775808,9223372036854775807]', [-(2n ** 63n), 2n ** 63n - 1n]],
      ['INT64', '[9007199254740993,-9007199254740993]', [9007199254740993n, -9007199254740993n]],
      ['UINT64', '[0,18446744073709551615]', [0n, 2n ** 64n - 1n]],
      ['FP32', '[3.4028235e38,-1e-45]', [Math.fround(3.4028235e38), Math.fround(-1e-45)]],
      ['FP32', '[NaN,-Infinity]', [NaN, -Infinity]],
      ['FP64', '[1.7976931348623157e308,Infinity]', [1.7976931348623157e308, Infinity]],
      ['FP64', '[0.1,1234567.1234]', [0.1, 1234567.1234]],
      ['FP16', '[1.5,65504]', [0x3e00, 0x7bff]],
      ['BF16', '[1.5,NaN]', [0x3fc0, 0x7fc0]],
      ['BYTES', '["","é\\ud83d\\ude00\\"\\n"]', ['', 'é😀"\n']],
      ['INT32', '[1.0,1e2]', [1, 100]],
      ['INT64', '[12.50e1,0.0]', [125n, 0n]],
      ['UINT64', '[1e19,10000000000000000000.0]', [10n ** 19n, 10n ** 19n]],
    ];
    for (const [datatype, data, wanted] of cases) {
      expect(elements(datatype, '[2]', data), `${datatype} ${data}`).to.deep.equal(wanted);
    }
    expect(Object.is(elements('FP32', '[1]', '[-0.0]')[0], -0)).to.equal(true);
    expect(Object.is(elements('FP64', '[1]', '[-0]')[0], -0)).to.equal(true);
  });

  it('reads many elements as it reads each, flat and nested, whatever they are', () => {
    const random = seeded(15);
    const plain = ['0', '-0', '1', '7', '-128', '255', '65535', '-2147483648', '4294967295', '9007199254740991'];
    const odd = [
      ...[
        '1.0',
        '1e2',
        '12.50e1',
        '9007199254740993',
        '18446744073709551615',
        '-9223372036854775808',
        '100000000.000000000001',
      ],
      ...['0.1', '-1.5e-7', '1e999', '3.5e38', '65520', 'NaN', '-Infinity', 'true', 'null', '"1"', '01', '{}'],
    ];
    const datatypes: readonly Datatype[] = [
      ...(['INT8', 'UINT8', 'INT16', 'UINT16', 'INT32', 'UINT32', 'INT64', 'UINT64'] as const),
      ...(['FP16', 'BF16', 'FP32', 'FP64', 'BOOL'] as const),
    ];
    const outcome = (work: () => readonly unknown[]) => {
      try {
        return work();
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    const counts = { read: 0, refused: 0 };
    for (let round = 0; round < 1000; round++) {
      const datatype = datatypes[random(datatypes.length)] as Datatype;
      const own = datatype === 'BOOL' ? ['true', 'false'] : plain.slice(0, 4 + random(7));
      const texts = Array.from({ length: 48 }, () => own[random(own.length)] as string);
      if (random(2) === 0) texts[random(48)] = odd[random(odd.length)] as string;
      const rows = Array.from({ length: 6 }, (_, i) =>
        texts.slice(8 * i, 8 * i + 8).join([',', ' , ', ',\n'][random(3)]),
      );
      // So few are read one by one.
      const wanted = outcome(() => {
        const all: unknown[] = [];
        for (const row of rows) all.push(...elements(datatype, '[8]', `[${row}]`));
        return all;
      });
      const flat = outcome(() => elements(datatype, '[6,8]', `[${rows.join(',')}]`));
      const nested = outcome(() => elements(datatype, '[6,8]', `[ [${rows.join('],[')}] ]`));
      expect(flat, `${datatype} ${texts.join()}`).to.deep.equal(wanted);
      expect(nested, `${datatype} ${texts.join()}`).to.deep.equal(wanted);
      counts[Array.isArray(wanted) ? 'read' : 'refused']++;
    }
    expect(Math.min(counts.read, counts.refused)).to.be.above(100);
  });

  it('refuses numbers that the datatype would wrap, round or cast', () => {
    const cases = [
      ...['INT8 128', 'INT8 -129', 'UINT8 300', 'UINT8 -1', 'INT16 32768', 'UINT16 65536', 'INT32 2147483648'],
      ...[
        'UINT32 4294967296',
        'INT64 9223372036854775808',
        'INT64 -9223372036854775809',
        'UINT64 18446744073709551616',
      ],
      ...['UINT64 -1', 'INT64 1e30', 'INT64 1e999999999', 'INT8 1e400', 'FP32 3.5e38', 'FP64 1e309', 'FP16 65520'],
      ...['FP16 -1e9', 'BF16 3.4e38'.replace('3.4', '3.41'), 'BF16 -1e39'],
    ].map((text) => [...text.split(' '), 'ERR_OUT_OF_RANGE'] as const);
    const others = [
      ...['INT32 1.5', 'INT64 1e-1', 'UINT8 0.5', 'INT64 9007199254740993.5', 'INT32 true', 'INT32 "1"', 'INT32 null'],
      ...['INT32 [1]', 'BOOL 1', 'BOOL 0', 'BOOL "true"', 'BOOL null', 'FP32 true', 'FP32 null', 'FP32 "1"', 'FP32 {}'],
      ...['FP32 "NaN"', 'BYTES 1', 'BYTES null', 'BYTES ["a"]', 'BYTES "\\ud800"', 'BYTES "\\udc00a"'],
    ].map((text) => [text.slice(0, text.indexOf(' ')), text.slice(text.indexOf(' ') + 1), 'ERR_BAD_REQUEST'] as const);
    const malformed = [
      'INT64 NaN',
      'INT64 Infinity',
      'FP32 Nan',
      'FP32 infinity',
      'FP32 +1',
      'FP32 .5',
      'FP32 1.',
      'FP32 1e',
      'FP32 0x10',
      'INT32 01',
      'FP32 -',
      'FP32 --1',
      'BOOL True',
      'INT32 1_000',
      "BYTES 'a'",
    ].map((text) => [...text.split(' '), 'ERR_MALFORMED_JSON'] as const);
    for (const [datatype, element, code] of [...cases, ...others, ...malformed]) {
      const error = fault(single(datatype, '[1]', `[${element}]`));
      expect(error, `${datatype} ${element}`).to.include({ code });
      expect((error as Error).message.length).to.be.below(200);
    }
  });

  it('takes data flat, or nested as the shape is, and nothing else', () => {
    for (const data of ['[1,2,3,4,5,6]', '[[1,2,3],[4,5,6]]', ' [ [ 1 , 2 , 3 ] ,\n[4,5,6] ] ']) {
      expect(elements('FP32', '[2,3]', data), data).to.deep.equal([1, 2, 3, 4, 5, 6]);
    }
    expect(elements('FP32', '[]', '[7]')).to.deep.equal([7]);
    for (const [shape, data] of [
      ['[0]', '[]'],
      ['[2,0]', '[]'],
      ['[2,0]', '[[],[]]'],
      ['[0,3]', '[]'],
      ['[0]', 'null'],
    ]) {
      expect(elements('INT64', shape!, data!), `${shape} ${data}`).to.deep.equal([]);
    }
    const wrong = [
      ...['[2,3] [1,2,3,4,5]', '[2,3] [1,2,3,4,5,6,7]', '[2,3] [[1,2,3],[4,5]]', '[2,3] [[1,2,3],[4,5,6,7]]'],
      ...['[2,3] [[1,2],[3,4],[5,6]]', '[2,3] [[1,2,3]]', '[2,3] [[1,2,3],[4,5,6],[7,8,9]]', '[2,3] [[1,2,3],4,5,6]'],
      ...['[2,3] []', '[2] []', '[0] [1]', '[1,2,3] [[1,2,3],[4,5,6]]', '[1000000000000] [1]', '[2,0] [[],[],[]]'],
    ];
    for (const text of wrong) {
      const [shape, ...data] = text.split(' ');
      expect(fault(single('FP32', shape!, data.join(' '))), text).to.include({ code: 'ERR_INVALID_SHAPE' });
    }
    for (const data of ['[[1,2,3],[4,5,', '[1,2 3,4,5,6]', '[1,,2,3,4,5,6]', '[[1,2,3][4,5,6]]', '[1,2,3,4,5,6][1]'])
      expect(fault(single('FP32', '[2,3]', data)), data).to.include({ code: 'ERR_MALFORMED_JSON' });
  });

  it('reads members in any order, and ignores those that nobody knows', () => {
    const text =
      '{"extra":{"a":[1,{"b":null}]},"outputs":[{"name":"y","parameters":{"binary_data":false,"classification":3}}],' +
      '"inputs":[{"data":[[1,-2]],"parameters":{"k":"v"},"datatype":"INT64","more":[],"shape":[1,2],"name":"x"}],' +
      '"parameters":{"priority":18446744073709551615,"timeout":5,"f":1.5,"s":"t","b":true,"n":null,"__proto__":"p"},"id":"é"}';
    const { id, parameters, inputs, outputs } = decode(text);
    expect(id).to.equal('é');
    expect(Object.getPrototypeOf(parameters)).to.equal(null);
    expect(Object.entries(parameters ?? {})).to.deep.equal([
      ['priority', 18446744073709551615n],
      ['timeout', 5],
      ['f', 1.5],
      ['s', 't'],
      ['b', true],
      ['__proto__', 'p'],
    ]);
    expect(inputs[0]).to.include({ name: 'x' });
    expect((inputs[0]!.content as Tensor).toArray()).to.deep.equal([[1n, -2n]]);
    expect(outputs?.map(({ name, parameters: own }) => [name, { ...own }])).to.deep.equal([
      ['y', { binary_data: false, classification: 3 }],
    ]);
    expect(decode('{"inputs":[],"outputs":null,"id":null,"parameters":null}')).to.deep.equal({ inputs: [] });
    expect(decode('\ufeff {"inputs":[]} \n')).to.deep.equal({ inputs: [] });
  });

  it('names what another form lacks', () => {
    const x = '"name":"x","shape":[1],"datatype":"FP32","data":[1]';
    const cases: readonly (readonly [string, string])[] = [
      ['', 'ERR_MALFORMED_JSON'],
      ['{', 'ERR_MALFORMED_JSON'],
      ['null', 'ERR_BAD_REQUEST'],
      ['[]', 'ERR_BAD_REQUEST'],
      ['{}', 'ERR_BAD_REQUEST'],
      ['{"inputs":{}}', 'ERR_BAD_REQUEST'],
      ['{"inputs":null}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[1]}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[]}x', 'ERR_MALFORMED_JSON'],
      ['{"inputs":[],}', 'ERR_MALFORMED_JSON'],
      ['{"inputs":[],"inputs":[]}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"id":1}', 'ERR_BAD_REQUEST'],
      [`{"inputs":[],"id":"${'i'.repeat(1025)}"}`, 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"parameters":[]}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"parameters":{"a":1,"a":2}}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"parameters":{"a":{}}}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"parameters":{"a":1e999}}', 'ERR_OUT_OF_RANGE'],
      ['{"inputs":[],"parameters":{"binary_data_output":1}}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"parameters":{"sequence_id":7}}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"outputs":[{}]}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"outputs":["y"]}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":"yes"}}]}', 'ERR_BAD_REQUEST'],
      ['{"inputs":[],"outputs":[{"name":"y","parameters":{"shared_memory_region":"r"}}]}', 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x},"name":"y"}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('"x"', '1')}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('"x"', `"${'n'.repeat(257)}"`)}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('"name":"x",', '')}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('"shape":[1],', '')}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('"datatype":"FP32",', '')}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('FP32', 'fp32')}}]}`, 'ERR_INVALID_DTYPE'],
      [`{"inputs":[{${x.replace('FP32', '__proto__')}}]}`, 'ERR_INVALID_DTYPE'],
      [`{"inputs":[{${x.replace(',"data":[1]', '')}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace('[1]}', '1}')}}]}`.replace('"data":[1]', '"data":1'), 'ERR_BAD_REQUEST'],
      ...[
        '[-1]',
        '[9007199254740992]',
        '[99999999999999999999]',
        `[${'1,'.repeat(32)}1]`,
        '[4294967296,4294967296]',
      ].map(
        (shape) =>
          [
            `{"inputs":[{${x.replace('"shape":[1]', `"shape":${shape}`)}}]}`,
            shape.includes(',1,') ? 'ERR_BAD_REQUEST' : 'ERR_INVALID_SHAPE',
          ] as const,
      ),
      ...['[1.5]', '["1"]', '[true]', '1', '{}'].map(
        (shape) => [`{"inputs":[{${x.replace('"shape":[1]', `"shape":${shape}`)}}]}`, 'ERR_BAD_REQUEST'] as const,
      ),
      [`{"inputs":[${`{${x}},`.repeat(256)}{${x}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[],"a":${'['.repeat(101)}${']'.repeat(101)}}`, 'ERR_MALFORMED_JSON'],
      [`{"inputs":[],"a":${'['.repeat(300_000)}}`, 'ERR_MALFORMED_JSON'],
      [`{"inputs":[{${x.replace('[1]', '['.repeat(300_000))}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[],${'"a":1,'.repeat(5000)}"b":1}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x},"parameters":{"binary_data_size":4}}]}`, 'ERR_BAD_REQUEST'],
      [`{"inputs":[{${x.replace(',"data":[1]', '')},"parameters":{"binary_data_size":4}}]}`, 'ERR_BAD_REQUEST'],
    ];
    for (const [text, code] of cases) expect(fault(text), text.slice(0, 120)).to.include({ code });
    expect(decode(`{"inputs":[],"a":${'['.repeat(99)}${']'.repeat(99)}}`).inputs).to.deep.equal([]);
    expect(() => decodeRequest(Pieces.of(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])))).to.throw('UTF-8');
  });

  it('reads plain numbers natively, and falls back where they are none', () => {
    let calls = 0;
    const parser = {
      parseNumbers: (bytes: Uint8Array, begin: number, out: Float32Array, found: Float64Array) => {
        const text = Buffer.from(bytes).toString('latin1');
        const end = text.indexOf(']', begin) + 1;
        const numbers = JSON.parse(text.slice(begin, end)) as number[];
        calls++;
        if (numbers.length > out.length || numbers.some((number) => Math.abs(number) > 1e38)) return 0;
        out.set(numbers);
        found[0] = end;
        return numbers.length;
      },
    };
    const data = Array.from({ length: 64 }, (_, i) => i / 3);
    const decoded = (numbers: readonly number[]) =>
      decode(single('FP32', '[64]', JSON.stringify(numbers)), { parser }).inputs[0]!.content as Tensor;
    expect(decoded(data).data).to.deep.equal(Float32Array.from(data));
    expect(calls).to.equal(1);
    expect(decoded([...data.slice(1), 1.5e38]).data.at(-1)).to.equal(Math.fround(1.5e38));
    expect(caught(() => decoded(data.slice(1)))).to.include({ code: 'ERR_INVALID_SHAPE' });
    expect(caught(() => decoded([...data.slice(1), 1e39]))).to.include({ code: 'ERR_OUT_OF_RANGE' });
  });
});

describe('a request with binary tensors', () => {
  const header = (inputs: string) => Buffer.from(`{"inputs":[${inputs}]}`);
  const head = (name: string, datatype: string, shape: readonly number[], size: number) =>
    `{"name":"${name}","shape":${JSON.stringify(shape)},"datatype":"${datatype}","parameters":{"binary_data_size":${size}}}`;
  const send = (json: Buffer, ...tensors: Uint8Array[]): InferRequest =>
    decodeRequest(Pieces.of(Buffer.concat([json, ...tensors])), { headerLength: json.length });
  const floats = Buffer.from(Float32Array.of(1, -0, NaN).buffer);

  it('takes the bytes of each in their order, wherever they lie', () => {
    const json = header(
      [
        head('a', 'UINT8', [3], 3),
        '{"name":"j","shape":[1],"datatype":"INT64","data":[9007199254740993]}',
        head('b', 'FP32', [3], 12),
        head('s', 'BYTES', [2], 13),
        head('z', 'FP64', [0, 4], 0),
      ].join(','),
    );
    const text = Buffer.concat([Buffer.of(3, 0, 0, 0), Buffer.from('é!'), Buffer.of(2, 0, 0, 0), Buffer.from('ok')]);
    const whole = Buffer.concat([json, Buffer.of(1, 2, 255), floats, text]);
    // In one piece and in many: the values are the same, and each tensor is aligned.
    for (const size of [1, 2, 3, 7, 64, 4096]) {
      const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
        whole.subarray(i * size, (i + 1) * size),
      );
      const { inputs } = decodeRequest(new Pieces(parts), { headerLength: json.length });
      const [a, j, b, s, z] = inputs.map(({ content }) => content);
      expect((a as Tensor).data).to.deep.equal(Uint8Array.of(1, 2, 255));
      expect((j as Tensor).data).to.deep.equal(BigInt64Array.of(9007199254740993n));
      expect(Buffer.from((b as Tensor).data.buffer, (b as Tensor).data.byteOffset, 12).equals(floats)).to.equal(true);
      expect(s?.data).to.deep.equal(['é!', 'ok']);
      expect([(z as Tensor).dtype, z?.shape]).to.deep.equal(['float64', [0, 4]]);
    }
  });

  it('does not copy what lies aligned, and copies the rest once', () => {
    const bytes = Buffer.from(new ArrayBuffer(64));
    floats.copy(bytes, 16);
    const aligned = new Pieces([bytes]).range(16, 12, 4);
    expect([aligned.buffer === bytes.buffer, aligned.byteOffset]).to.deep.equal([true, 16]);
    const moved = new Pieces([bytes]).range(17, 12, 4);
    expect([moved.buffer === bytes.buffer, moved.byteOffset % 4]).to.deep.equal([false, 0]);
  });

  it('refuses bytes that are not what the JSON says', () => {
    const one = header(head('b', 'FP32', [3], 12));
    const cases: readonly (readonly [string, () => unknown, string])[] = [
      ['one too few', () => send(one, floats.subarray(1)), 'unexpected size for input "b"'],
      ['one too many', () => send(one, floats, Buffer.of(0)), 'unexpected additional input data'],
      ['a size that the shape has not', () => send(header(head('b', 'FP32', [4], 12)), floats), 'unexpected size'],
      ['a size beyond the body', () => send(header(head('b', 'FP32', [3], 2 ** 40)), floats), 'unexpected size'],
      ['the size -1', () => send(header(head('b', 'FP32', [3], -1)), floats), 'binary_data_size'],
      ['the size 1.5', () => send(header(head('b', 'FP32', [3], 1.5)), floats), 'binary_data_size'],
      ['a shape that overflows', () => send(header(head('b', 'FP32', [2 ** 31, 2 ** 31], 12)), floats), '2^53'],
      ['a large shape', () => send(header(head('b', 'FP64', [2 ** 50], 12)), floats), 'unexpected size'],
      ['a flag of 2', () => send(header(head('b', 'BOOL', [9], 9)), Buffer.of(0, 1, 0, 1, 1, 1, 1, 1, 2)), 'BOOL'],
      ['a flag of 2 in front', () => send(header(head('b', 'BOOL', [5], 5)), Buffer.of(0, 2, 0, 1, 1)), 'at 1 of'],
      [
        'text that ends early',
        () => send(header(head('s', 'BYTES', [1], 6)), Buffer.of(9, 0, 0, 0, 1, 2)),
        'end before',
      ],
      ['a length that is cut', () => send(header(head('s', 'BYTES', [1], 3)), Buffer.of(0, 0, 0)), 'end before'],
      ['one text too few', () => send(header(head('s', 'BYTES', [2], 4)), Buffer.of(0, 0, 0, 0)), 'end before'],
      ['one text too many', () => send(header(head('s', 'BYTES', [1], 8)), Buffer.alloc(8)), 'additional'],
      ['text that is not UTF-8', () => send(header(head('s', 'BYTES', [1], 5)), Buffer.of(1, 0, 0, 0, 255)), 'UTF-8'],
      ['a billion texts', () => send(header(head('s', 'BYTES', [1e9], 4)), Buffer.alloc(4)), 'at most'],
      ['a header beyond the body', () => decodeRequest(Pieces.of(one), { headerLength: 99_999_999_999 }), 'at least'],
      ['a header that is cut', () => decodeRequest(Pieces.of(one), { headerLength: 20 }), 'too early'],
      ['more JSON than is read', () => decodeRequest(Pieces.of(one), { mostJson: 10 }), 'at most 10'],
    ];
    for (const [name, call, text] of cases) expect(call, name).to.throw(text);
    // U+FFFD is a character as others are.
    const replacement = Buffer.concat([Buffer.of(3, 0, 0, 0), Buffer.from('\ufffd')]);
    expect(send(header(head('s', 'BYTES', [1], 7)), replacement).inputs[0]?.content.data).to.deep.equal(['\ufffd']);
  });

  it('has a header with the length of its JSON', () => {
    for (const [text, length] of [
      ['0', 0],
      ['12', 12],
      ['007', 7],
    ] as const)
      expect(headerLengthOf(text)).to.equal(length);
    for (const text of ['', '-1', 'NaN', '1.5', '0x10', '1e3', ' 1', '1, 1', '99999999999999999999', 'Infinity', '١'])
      expect(() => headerLengthOf(text), text).to.throw('Inference-Header-Content-Length');
  });

  it('may be the bytes of the only input alone', () => {
    const input = (datatype: Datatype | '', ...shape: number[]): TensorMetadata => ({ name: 'x', datatype, shape });
    const raw = (...inputs: TensorMetadata[]) => rawRequest(Pieces.of(floats), inputs);
    const shapes = [
      [[3], [3]],
      [[-1], [3]],
      [
        [-1, 3],
        [1, 3],
      ],
      [
        [1, -1],
        [1, 3],
      ],
      [
        [-1, -1],
        [1, 3],
      ],
      [
        [-1, 1],
        [3, 1],
      ],
    ] as const;
    for (const [shape, wanted] of shapes) {
      const { inputs, parameters } = raw(input('FP32', ...shape));
      expect(inputs[0]?.content.shape, String(shape)).to.deep.equal(wanted);
      expect(parameters).to.deep.equal({ binary_data_output: true });
    }
    expect(rawRequest(Pieces.of(Buffer.from('é')), [input('BYTES', -1)]).inputs[0]?.content).to.deep.equal({
      shape: [1],
      data: ['é'],
    });
    for (const inputs of [
      [],
      [input('FP32', 3), input('FP32', 3)],
      [input('', -1)],
      [input('FP32', 4)],
      [input('FP32', -1, 2)],
      [input('FP32', 3, -1, -1)],
      [input('FP64', -1)],
      [input('FP32', 0, -1)],
    ]) {
      expect(() => raw(...inputs), JSON.stringify(inputs)).to.throw(/Expected|unexpected size/);
    }
  });
});
