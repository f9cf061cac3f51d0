import * as check from '../check.js';
import { describe, expected, torchError } from '../errors.js';
import type { Signature, TensorSpec } from '../signature/spec.js';
import { exampleArguments, exampleSpecs, withinBounds } from '../signature/example.js';
import type { Execution, WarmupOptions, WarmupReport } from './model.js';
import type { RunOptions } from './options.js';
import { checkRowIndependence, hasFreeBatch } from './row-independence.js';
import { repeatRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import { checkTolerance } from '../signature/tolerance.js';
import type { Placement } from './engine.js';
import type { BoundArguments } from '../signature/bind.js';
import type { ModelInfo } from './info.js';
import { namedArguments, type Arguments, type Value } from '../tensor/value.js';

/** The JIT profiles the first run of a graph and optimizes on the second; the third is steady. */
const runsPerSize = 3;

/** What a warm-up needs of a model. */
export interface Warmable {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  /** What the signature says of each argument of `forward`. */
  readonly forwardSpecs: readonly (TensorSpec | undefined)[];
  /** Arguments of `forward`, bound and checked. */
  bindForward(args: Arguments): BoundArguments;
  /** Runs `forward` without checking its arguments again. */
  runBound(values: BoundArguments, placement: Placement, limits: RunOptions): Promise<Execution>;
}

/** As Model.warmup. */
export async function warmUp(model: Warmable, options: WarmupOptions): Promise<WarmupReport> {
  const started = performance.now();
  check.options('warmup', options, ['example', 'batchSizes', 'tolerance', 'signal']);
  const { batchSizes = [1], signal, tolerance } = options;
  check.signal(signal);
  if (tolerance !== undefined) checkTolerance(tolerance);
  const given: unknown = batchSizes;
  if (!Array.isArray(given) || batchSizes.length === 0)
    throw expected('an array of at least one size', 'batchSizes', batchSizes);
  for (const size of batchSizes) check.integer('a batch size', size, 1, 1_000_000);
  const example = model.bindForward(exampleOf(model, options.example));
  const { stateful, instances } = model.info;
  const run = async (args: BoundArguments, placement: Placement): Promise<Value> =>
    (await model.runBound(args, { ...placement, scratch: stateful }, signal ? { signal } : {})).value;

  let runs = 0;
  const times = stateful ? 1 : runsPerSize; // a deep copy has to start afresh every time
  const free = hasFreeBatch(model.signature?.inputs ?? []);
  const sizes = free ? allowedSizes(model.signature, batchSizes) : [1];
  for (let instance = 0; instance < instances; ++instance) {
    for (const size of sizes) {
      const args = free ? repeatRows(example, size) : example;
      for (let i = 0; i < times; ++i, ++runs) await run(args, { instance });
    }
  }
  const verdict = await checkRowIndependence(model, example, (args) => run(args, {}), tolerance);
  return { runs, batchSizes: sizes, ...verdict, durationMs: performance.now() - started };
}

/** Sizes that the first dimension of every input may have, next to those that were asked for. Without a signature: those. */
function allowedSizes(signature: Signature | undefined, sizes: readonly number[]): readonly number[] {
  const specs = signature?.inputs.filter(({ optional }) => !optional) ?? [];
  return [...new Set(sizes.map((size) => specs.reduce((allowed, spec) => withinBounds(spec, 0, allowed), size)))];
}

function exampleOf(model: Warmable, example: Arguments | Tensor | undefined): Arguments {
  if (example instanceof Tensor) return [example];
  if (Array.isArray(example)) return example as readonly Value[];
  if (example !== undefined) return namedArguments(example);
  const specs = exampleSpecs(model.signature);
  if (specs) return exampleArguments(specs, 2); // rows that differ
  const forward = model.info.methods.find(({ name }) => name === 'forward');
  throw torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected an example to warm up with, because no signature says enough to make one; forward takes ${describe(
      forward?.args.map(({ name, type }) => `${name}: ${type}`).join(', '),
    )}`,
  );
}
