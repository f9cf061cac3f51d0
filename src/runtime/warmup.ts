import { describe, expected, torchError } from '../errors.js';
import type { Signature, TensorSpec } from '../types.js';
import { dtypeTable, type TensorData } from './dtype.js';
import type { WarmupOptions, WarmupReport } from './model.js';
import { checkInteger } from './options.js';
import { checkRowIndependence } from './row-independence.js';
import { encodeBFloat16, encodeFloat16 } from './half.js';
import { repeatRows } from './rows.js';
import { Tensor } from './tensor.js';
import type { EngineModel, Placement } from './engine-model.js';
import type { Arguments, Value } from './value.js';
import { namedArguments } from './wire.js';

/** The JIT profiles the first run of a graph and optimizes on the second; the third is steady. */
const runsPerSize = 3;

/** As Model.warmup. */
export async function warmUp(model: EngineModel, options: WarmupOptions): Promise<WarmupReport> {
  const started = performance.now();
  if (typeof options !== 'object' || (options as unknown) === null)
    throw expected('an object', 'the options of warmup', options);
  const { batchSizes = [1], signal } = options;
  const given: unknown = batchSizes;
  if (!Array.isArray(given) || batchSizes.length === 0)
    throw expected('an array of at least one size', 'batchSizes', batchSizes);
  for (const size of batchSizes) checkInteger('a batch size', size, 1, 1_000_000);
  const example = model.arrange(exampleOf(model, options.example));
  const { stateful, instances } = model.info;
  const run = async (args: Arguments, placement: Placement): Promise<Value> =>
    (await model.submit('forward', args, signal ? { signal } : {}, { ...placement, scratch: stateful })).value;

  let runs = 0;
  const times = stateful ? 1 : runsPerSize; // a deep copy has to start afresh every time
  const free = hasFreeBatch(model.signature);
  const sizes = free ? batchSizes : [1];
  for (let instance = 0; instance < instances; ++instance) {
    for (const size of sizes) {
      const args = free ? repeatRows(example, size) : example;
      for (let i = 0; i < times; ++i, ++runs) await run(args, { instance });
    }
  }
  const verdict = await checkRowIndependence(model, example, (args) => run(args, {}));
  return { runs, batchSizes: sizes, ...verdict, durationMs: performance.now() - started };
}

/** Whether dimension 0 of every declared input may vary. Without a signature it is tried. */
function hasFreeBatch(signature: Signature | undefined): boolean {
  return signature?.inputs.every(({ shape }) => shape[0] === null) ?? true;
}

function exampleOf(
  model: EngineModel,
  example: Arguments | Tensor | undefined,
): readonly Value[] | Readonly<Record<string, Value>> {
  if (example instanceof Tensor) return [example];
  if (Array.isArray(example)) return example as readonly Value[];
  if (example !== undefined) return namedArguments(example);
  if (model.signature) return model.signature.inputs.map(exampleTensor);
  const forward = model.info.methods.find(({ name }) => name === 'forward');
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected an example to warm up with, because the model has no signature; forward takes ${describe(
      forward?.args.map(({ name, type }) => `${name}: ${type}`).join(', '),
    )}`,
  );
}

/** Deterministic values over the whole range; free dimensions are 2 for the batch, so that rows differ, and 1 elsewhere. */
function exampleTensor(spec: TensorSpec): Tensor {
  const shape = spec.shape.map((size, axis) => size ?? (axis === 0 ? 2 : 1));
  const { array, kind, bytes } = dtypeTable[spec.dtype];
  const [min, max] = spec.range ?? [0, 1];
  const data = new array(shape.reduce((product, size) => product * size, 1)) as TensorData;
  const half = spec.dtype === 'float16' ? encodeFloat16 : spec.dtype === 'bfloat16' ? encodeBFloat16 : undefined;
  for (let i = 0; i < data.length; ++i) {
    const share = ((i * 2654435761) % 2 ** 32) / 2 ** 32; // Knuth's multiplicative hash: spread out, no seed needed
    const real = min + (max - min) * share;
    const value = kind === 'float' ? real : Math.round(real);
    data[i] = kind === 'int' && bytes === 8 ? BigInt(value) : half ? half(value) : value;
  }
  return new Tensor(spec.dtype, data, shape);
}
