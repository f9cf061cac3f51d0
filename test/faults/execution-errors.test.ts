/** Errors of models (T11, T12, P15, N7): the useful sentence first, what to do, the trace apart. */
import { inspect } from 'node:util';
import { expect } from 'chai';
import { loadModel, Tensor, type TorchError, type Value } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { fixture } from '../support/paths.js';

const file = (name: string): string => fixture(`faults/execution-errors/${name}.pt`);
const floats = (shape: number[]): Tensor =>
  new Tensor('float32', new Float32Array(shape.reduce((product, n) => product * n, 1)).fill(1), shape);

async function failure(name: string, args: readonly Value[], code = 'ERR_MODEL_EXECUTION'): Promise<TorchError> {
  await using model = await loadModel(file(name), { device: 'cpu' });
  return await rejection(() => model.call('forward', args), code);
}

describe('faults: errors of models', () => {
  for (const name of ['CudaZeros', 'CudaTo', 'CudaMethod', 'CudaArange']) {
    it(`says to trace on the CPU, and no more than that: ${name}`, async () => {
      const { message } = await failure(name, [floats([1, 4])]);
      expect(message)
        .to.match(/on the CPU/)
        .and.to.match(/cuda/i);
      expect(message).to.have.length.below(400);
      expect(message).to.not.match(/registered at|Facebook|ldd/);
    });
  }

  const hints: [string, string, number[], RegExp, RegExp][] = [
    ['a float for ids', 'Ids', [1, 4], /^Expected tensor for argument #1 'indices'/, /int64/],
    ['a float for an index', 'Index', [1, 4], /^tensors used as indices/, /int64/],
    ['a picture without its channels', 'Picture', [3, 4], /^Expected 3D \(unbatched\)/, /\[1, \.\.\.\]/],
    ['a row without its batch', 'Norm', [4], /expected 2D or 3D input/, /\[1, \.\.\.\]/],
    ['a row of another width', 'Linear', [1, 3], /^addmm: mat1 and mat2/, /last dimension/],
  ];
  const told = (error: TorchError, first: RegExp, hint: RegExp): void => {
    const [line, ...rest] = error.message.split('\n');
    expect(line).to.match(first);
    expect(error.hint).to.match(hint);
    expect(rest).to.deep.equal([`  hint: ${error.hint}`]);
    expect(error.message).to.not.match(/Traceback/);
  };
  for (const [what, name, shape, first, hint] of hints) {
    it(`begins with what is wrong and adds what to do: ${what}`, async () => {
      told(await failure(name, [floats(shape)]), first, hint);
    });
  }

  const ofDtypes: [string, string, Tensor, RegExp][] = [
    ['integers for real numbers', 'Linear', new Tensor('int64', new BigInt64Array(4), [1, 4]), /Tensor\.from\(values, 'float32'\)/],
    ['a row of int32 for real numbers', 'Linear', new Tensor('int32', new Int32Array(4), [1, 4]), /Tensor\.from\(values, 'float32'\)/],
    ['pixels as bytes', 'Picture', new Tensor('uint8', new Uint8Array(75), [1, 3, 5, 5]), /Tensor\.from\(values, 'float32'\)/],
    ['a Float64Array', 'Linear', new Tensor('float64', new Float64Array(4), [1, 4]), /Float32Array/],
    ['float64 for ids', 'Ids', new Tensor('float64', new Float64Array(4), [1, 4]), /int64/],
    ['integers for bfloat16', 'BFloat16Linear', new Tensor('int64', new BigInt64Array(4), [1, 4]), /computes with bfloat16.*integers.*'bfloat16'\)$/],
    ['bytes for bfloat16', 'BFloat16Picture', new Tensor('uint8', new Uint8Array(75), [1, 3, 5, 5]), /computes with bfloat16.*integers.*'bfloat16'\)$/],
    ['float64 for float16', 'HalfLinear', new Tensor('float64', new Float64Array(4), [1, 4]), /computes with float16.*float64 was given.*'float16'\)$/],
    ['channels last', 'Picture', floats([1, 5, 5, 3]), /NHWC/],
    ['channels last, without the batch', 'Picture', floats([5, 5, 3]), /NHWC/],
    ['an id beyond the table', 'Ids', new Tensor('int64', BigInt64Array.of(8n), [1, 1]), /^If these are ids.*vocabulary/],
    ['an index that is no id', 'Select', floats([4]), /^If these are ids/],
  ]; // prettier-ignore
  for (const [what, name, input, hint] of ofDtypes) {
    it(`says what to do: ${what}`, async () => {
      told(await failure(name, [input]), /^\S/, hint);
    });
  }

  it('says nothing of pictures to a convolution over one dimension', async () => {
    const { message, hint } = await failure('Series', [floats([1, 50, 3])]);
    expect(message).to.match(/to have 3 channels/);
    expect(hint).to.equal(undefined);
  });

  it('says of other channels no more than it knows', async () => {
    expect((await failure('Picture', [floats([1, 5, 6, 7])])).hint).to.equal(undefined);
  });

  it('keeps the trace apart, of many frames too', async () => {
    for (const name of ['DeepCalls', 'Linear']) {
      const error = await failure(name, [floats([1, 3])]);
      expect(error.message).to.match(/^addmm: /);
      expect(Object.hasOwn(error, 'trace')).to.equal(true);
      expect(error.trace)
        .to.match(/Traceback of TorchScript/)
        .and.to.match(/<--- HERE/);
      expect(inspect(error)).not.to.include('Traceback');
      expect(JSON.stringify(error)).not.to.include('Traceback');
    }
  });

  const ownTexts: [number, RegExp][] = [
    [0, /CUDA out of memory/],
    [1, /out of memory/],
    [2, /not enough memory/],
    [3, /can't allocate memory/],
    [4, /shape '\[3, 13\]' is invalid/],
  ];
  for (const [kind, text] of ownTexts) {
    it(`takes no text of a model for a lack of memory: ${text.source}`, async () => {
      expect((await failure('SpeaksOfMemory', [kind, floats([1, 4])])).message).to.match(text);
    });
  }

  it('still tells a lack of memory', async () => {
    await failure('SpeaksOfMemory', [9, floats([1, 4])], 'ERR_OUT_OF_MEMORY');
  });

  it('names all operators that an archive wants and the process lacks', async () => {
    const { message } = await rejection(() => loadModel(file('MissingOperators')), 'ERR_OPERATOR_NOT_FOUND');
    for (const name of ['faults::first', 'faults::second', 'faults::third']) expect(message).to.include(name);
    expect(message).to.match(/operatorLibraries/);
  });
});
