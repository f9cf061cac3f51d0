import { expect } from 'chai';
import { Tensor, type RunOptions, type Signature } from 'node-libtorch';
import { checkRunOptions, resolveLoadOptions } from '#dist/model/options.js';
import { rejection } from '../support/errors.js';

const resolve = (options: object) => resolveLoadOptions(options);

describe('options of a run', () => {
  it('are no second input: several go as one array or object', async () => {
    const seconds: [unknown, RegExp][] = [
      [Tensor.from([1]), /received a second tensor: several inputs go as one array or object, run\(\[a, b\]\)/],
      [[Tensor.from([1])], /received an array of 1: several inputs/],
      [new Float32Array(1), /an instance of Float32Array: several inputs/],
    ];
    for (const [second, said] of seconds) {
      const { message } = await rejection(() => checkRunOptions(second as RunOptions), 'ERR_INVALID_ARGUMENT');
      expect(message).to.match(said);
    }
    const wrong = { dtype: 'float32' } as RunOptions;
    expect((await rejection(() => checkRunOptions(wrong), 'ERR_INVALID_ARGUMENT')).message).to.match(/"dtype"/);
  });
});

describe('load options', () => {
  it('have the documented defaults', () => {
    expect(resolve({})).to.deep.equal({
      device: 'auto',
      precision: 'auto',
      outputDtype: 'float32',
      instances: 1,
      maxPending: 1024,
      operatorLibraries: [],
      optimize: 'freeze',
      runInline: true,
    });
  });

  it('keep what was given, and what is undefined takes the default', () => {
    const signature: Signature = { inputs: [{ name: 'x', dtype: 'bool', shape: [null, 0] }], outputs: [] };
    const signal = new AbortController().signal;
    const given = { device: 'cuda:1', precision: 'bf16', instances: 256, maxPending: 0, sha256: '0'.repeat(64) };
    expect(resolve({ ...given, signature, signal })).to.deep.include({ ...given, signature, signal });
    const nothing = { instances: undefined, device: undefined, signal: undefined, signature: undefined };
    expect(resolve({ ...nothing, sha256: undefined })).to.deep.equal(resolve({}));
  });

  const input = { name: 'x', dtype: 'float32', shape: [null, 4] };
  const withInput = (change: object): object => ({ signature: { inputs: [{ ...input, ...change }], outputs: [] } });
  it('take what a signature may leave open or add', () => {
    const changes = [
      { dtype: null },
      { shape: null },
      { dtype: null, shape: null, type: 'int', optional: true },
      { symbols: ['batch', 'width'], labels: ['a', 'b', 'c', 'd'] },
      { bounds: [{ min: 0, max: Infinity }, null] },
      { bounds: [null, null] },
    ];
    for (const change of changes) expect(resolve(withInput(change))).to.deep.include(withInput(change));
    const signature = { inputs: [input], outputs: [], task: { type: 'other' } };
    expect(resolve({ signature })).to.deep.include({ signature });
  });

  const wrong: [string, unknown][] = [
    ['no object', null],
    ['a string', 'cpu'],
    ['an array', []],
    ['an unknown option', { devise: 'cpu' }],
    ['an inherited name', { toString: 1 }],
    ['an unknown precision', { precision: 'int8' }],
    ['an unknown output dtype', { outputDtype: 'float16' }],
    ['an unknown optimisation', { optimize: true }],
    ['a device of no string', { device: 0 }],
    ...[0, -1, 1.5, 257, NaN, Infinity, '1', null, 1n].map((instances): [string, unknown] => [
      `${String(instances)} (${typeof instances}) instances`,
      { instances },
    ]),
    ...[-1, 0.5, 1_000_001, NaN, '5', null].map((maxPending): [string, unknown] => [
      `a queue of ${String(maxPending)} (${typeof maxPending})`,
      { maxPending },
    ]),
    ...['', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`, 5, null].map((sha256): [string, unknown] => [
      `sha256 ${JSON.stringify(sha256)}`,
      { sha256 },
    ]),
    ['a signal of no AbortSignal', { signal: new EventTarget() }],
    ['a signature of no object', { signature: 'x' }],
    ['a signature without outputs', { signature: { inputs: [] } }],
    ['inputs of no array', { signature: { inputs: {}, outputs: [] } }],
    ['an input that is null', { signature: { inputs: [null], outputs: [] } }],
    ['an input without a name', withInput({ name: undefined })],
    ['an unknown dtype', withInput({ dtype: 'float' })],
    ['a shape of no array', withInput({ shape: 4 })],
    ['a negative dimension', withInput({ shape: [-1] })],
    ['an undefined dimension', withInput({ shape: [undefined] })],
    ['half a range', withInput({ range: [0] })],
    ['a range of no numbers', withInput({ range: ['0', '1'] })],
    ['a range with NaN', withInput({ range: [NaN, 1] })],
    ['a range the wrong way round', withInput({ range: [1, 0] })],
    ['a type of no name', withInput({ type: '' })],
    ['optional of no boolean', withInput({ optional: 1 })],
    ['labels of no strings', withInput({ labels: [0] })],
    ['bounds of another rank', withInput({ bounds: [{ min: 1, max: 2 }] })],
    ['bounds the wrong way round', withInput({ bounds: [{ min: 2, max: 1 }, null] })],
    ['bounds of no integers', withInput({ bounds: [{ min: 0.5, max: 1 }, null] })],
    ['bounds without an end', withInput({ bounds: [{ min: 1 }, null] })],
    ['bounds of a dimension that has a size', withInput({ bounds: [null, { min: 1, max: 8 }] })],
    ['bounds that are no list', withInput({ bounds: { min: 1, max: 2 } })],
    ['symbols of another rank', withInput({ symbols: ['batch'] })],
    ['symbols without a name', withInput({ symbols: ['', null] })],
    ['a task without a type', { signature: { inputs: [input], outputs: [], task: {} } }],
    ['a task that is null', { signature: { inputs: [input], outputs: [], task: null } }],
    ['two inputs of one name', { signature: { inputs: [input, input], outputs: [] } }],
  ];
  for (const [what, options] of wrong) {
    it(`refuse ${what}`, () => rejection(() => resolve(options as object), 'ERR_INVALID_ARGUMENT'));
  }
});

describe('run options', () => {
  const check = (options: unknown) => {
    checkRunOptions(options as RunOptions);
  };

  it('take a signal and a time', () => {
    for (const timeoutMs of [0.5, 1, 2 ** 31 - 1, undefined]) check({ timeoutMs, signal: AbortSignal.abort() });
    check({});
  });

  const wrong = [0, -1, NaN, Infinity, 2 ** 31, '5', null, 5n].map((timeoutMs) => ({ timeoutMs }));
  for (const options of [...wrong, { signal: {} }, { signal: null }, { signal: 'now' }, null, 5, 'soon']) {
    const [[name, value] = ['', options]] = Object.entries(options ?? {});
    it(`refuse ${name} ${String(value)} (${typeof value})`, () =>
      rejection(() => check(options), 'ERR_INVALID_ARGUMENT'));
  }
});
