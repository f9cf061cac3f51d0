import { expect } from 'chai';
import { Tensor, type Model } from 'node-libtorch';
import { rejection } from '../support/errors.js';
import { contract, rows } from './contract.js';

const x = rows(1);
const floats = (count: number, shape: readonly number[], value = 0): Tensor =>
  new Tensor('float32', new Float32Array(count).fill(value, count - 1), shape);
const circular: unknown[] = [];
circular.push(circular);

/** Whatever the model says of itself. `name` is that of its input. */
const anywhere: [what: string, code: string, call: (model: Model, name: string) => unknown][] = [
  ['an unknown method', 'ERR_METHOD_NOT_FOUND', (model) => model.call('nothing', [x])],
  ['a method that is no string', 'ERR_INVALID_ARGUMENT', (model) => model.call(5 as never, [x])],
  ['no argument', 'ERR_INVALID_INPUT', (model) => model.call('forward', [])],
  ['no named argument', 'ERR_INVALID_INPUT', (model) => model.call('forward', {})],
  ['too many arguments', 'ERR_INVALID_INPUT', (model) => model.call('forward', [x, x, x])],
  ['an unknown name', 'ERR_INVALID_INPUT', (model) => model.call('forward', { wrong: x })],
  ['a name too many', 'ERR_INVALID_INPUT', (model, name) => model.call('forward', { [name]: x, wrong: x })],
  ['a number for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([1])],
  ['null for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([null])],
  ['an array for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([[0, 1]])],
  ['a list of tensors for a tensor', 'ERR_INVALID_INPUT', (model) => model.run([[x]])],
  ['a function', 'ERR_INVALID_INPUT', (model) => model.run((() => 1) as never)],
  ['undefined', 'ERR_INVALID_INPUT', (model) => model.run(undefined as never)],
  ['a class instance', 'ERR_INVALID_INPUT', (model) => model.run(new Date() as never)],
  ['a circular array', 'ERR_INVALID_INPUT', (model) => model.run(circular as never)],
  ['arguments that are no list', 'ERR_INVALID_INPUT', (model) => model.call('forward', x as never)],
  ['a time-out that is no number', 'ERR_INVALID_ARGUMENT', (model) => model.run(x, { timeoutMs: 'soon' as never })],
  ['a signal that is no signal', 'ERR_INVALID_ARGUMENT', (model) => model.run(x, { signal: {} as never })],
];

/** Held to a signature of [n, 4], float32, from -1 to 1. */
const withSignature: [what: string, code: string, input: Tensor][] = [
  ['a wrong width', 'ERR_INVALID_SHAPE', floats(5, [1, 5])],
  ['a lower rank', 'ERR_INVALID_SHAPE', floats(4, [4])],
  ['rank 0', 'ERR_INVALID_SHAPE', floats(1, [])],
  ['an extra dimension', 'ERR_INVALID_SHAPE', floats(4, [1, 1, 4])],
  ['rows and columns exchanged', 'ERR_INVALID_SHAPE', floats(4, [4, 1])],
  ['another dtype', 'ERR_INVALID_DTYPE', new Tensor('float64', new Float64Array(4), [1, 4])],
  ['NaN', 'ERR_NOT_FINITE', floats(4, [1, 4], NaN)],
  ['Infinity', 'ERR_NOT_FINITE', floats(4, [1, 4], Infinity)],
  ['-Infinity', 'ERR_NOT_FINITE', floats(4, [1, 4], -Infinity)],
  ['a value above the range', 'ERR_OUT_OF_RANGE', floats(4, [1, 4], 1.001)],
  ['a value below the range', 'ERR_OUT_OF_RANGE', floats(4, [1, 4], -1.001)],
];

contract('errors', ({ load, info, failing, signature }) => {
  let plain: Model;
  let signed: Model;
  before(async () => {
    plain = await load('linear');
    signed = await load('linear', { signature });
  });
  after(async () => {
    await plain.dispose();
    await signed.dispose();
  });
  const goesOn = async (model: Model): Promise<void> => {
    expect((await model.run(x)).shape).to.deep.equal([1, 3]);
    expect(model.pending).to.equal(0);
  };

  for (const [what, code, call] of anywhere) {
    it(`${what}: ${code}, then it goes on`, async () => {
      await rejection(() => call(plain, info.input), code);
      await goesOn(plain);
    });
  }

  for (const [what, code, input] of withSignature) {
    it(`${what}, with a signature: ${code}, then it goes on`, async () => {
      await rejection(() => signed.run(input), code);
      await goesOn(signed);
    });
  }

  it('a failure of the model itself: ERR_MODEL_EXECUTION without a path, a frame or the input’s value, then it goes on', async () => {
    await using model = await load('failing');
    const before = await model.call('forward', failing.good);
    const error = await rejection(() => model.call('forward', failing.bad), 'ERR_MODEL_EXECUTION');
    expect(error.message)
      .to.match(/\w/)
      .and.not.match(/frame #|\.so|\.cc|0x[0-9a-f]{8}|\/(?:home|root|tmp|usr|work)\/|77123/);
    expect(await model.call('forward', failing.good)).to.deep.equal(before);
    expect(model.pending).to.equal(0);
  });

  it('begins with the sentence that helps, and says apart where in the model it was', async () => {
    await using model = await load('failing');
    const { message, trace, hint } = await rejection(() => model.call('forward', failing.bad), 'ERR_MODEL_EXECUTION');
    expect(message.split('\n')[0]).to.match(failing.sentence);
    if (failing.trace) expect(trace).to.match(failing.trace);
    else expect(trace).to.equal(undefined);
    if (failing.hint) expect(hint).to.match(failing.hint);
    expect(trace ?? '').to.not.match(/frame #|\.so|0x[0-9a-f]{8}|77123/);
  });
});
