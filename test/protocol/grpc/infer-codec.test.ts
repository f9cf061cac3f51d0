import { expect } from 'chai';
import { TorchError } from '#dist/errors.js';
import { requestOf } from '#dist/protocol/grpc/infer-codec.js';
import { inferRequest, type WireInferRequest } from '#dist/protocol/grpc/infer-messages.js';

const wire = (more: Partial<WireInferRequest>): WireInferRequest => ({
  model_name: 'm',
  model_version: '',
  id: '',
  parameters: {},
  inputs: [],
  outputs: [],
  raw_input_contents: [],
  ...more,
});
const strings = (name: string, count: number) => ({
  name,
  datatype: 'BYTES',
  shape: [count],
  parameters: {},
  contents: { bytes_contents: Array<Buffer>(count).fill(Buffer.from('a')) },
});
const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`p${i}`, { bool_param: true }]));
const input = { name: 'x', datatype: 'BYTES', shape: [0], parameters: {} };

describe('an inference over gRPC', () => {
  for (const [what, request] of Object.entries({
    'an id': wire({ id: 'i'.repeat(1025) }),
    'the name of an input': wire({ inputs: [{ ...input, name: 'n'.repeat(257) }] }),
    'the name of an output': wire({ outputs: [{ name: 'n'.repeat(257), parameters: {} }] }),
    'the name of a parameter': wire({ parameters: { ['n'.repeat(257)]: { bool_param: true } } }),
    'a text of a parameter': wire({ parameters: { a: { string_param: 't'.repeat(64 * 1024 + 1) } } }),
    'the parameters': wire({ parameters: many }),
    'the parameters of an input': wire({ inputs: [{ ...input, parameters: many }] }),
    'the strings of all inputs': wire({ inputs: [strings('a', 2 ** 17), strings('b', 2 ** 17 + 1)] }),
  })) {
    it(`has the bounds of JSON: ${what}`, () => {
      expect(() => requestOf(request))
        .to.throw(TorchError, 'at most')
        .with.property('code', 'ERR_INVALID_INPUT');
    });
  }

  it('may be as large as the bounds', () => {
    const { p0, ...fewer } = many;
    expect(p0).to.deep.equal({ bool_param: true });
    const request = wire({
      id: 'i'.repeat(1024),
      parameters: { ...fewer, text: { string_param: 't'.repeat(64 * 1024) } },
      inputs: [strings('n'.repeat(256), 2 ** 17), strings('b', 2 ** 17)],
    });
    expect(() => requestOf({ ...request, parameters: fewer })).not.to.throw();
    expect(requestOf({ ...request, parameters: { t: { string_param: 't'.repeat(64 * 1024) } } }).inputs).to.have.length(
      2,
    );
  });

  it('keeps the mark U+FEFF that an element begins with', () => {
    const element = Buffer.from('\ufeffx');
    const sent = wire({ inputs: [{ ...input, shape: [1], contents: { bytes_contents: [element] } }] });
    const read = inferRequest.decode(Buffer.concat(inferRequest.encode(sent).pieces()));
    expect(requestOf(read).inputs[0]?.content.data).to.deep.equal(['\ufeffx']);
  });
});
