import * as check from '../check.js';
import { describe, expected, sentenceOf, torchError, type TorchError } from '../errors.js';
import type { BoundArguments } from '../signature/bind.js';
import { exampleArguments, exampleSpecs, freeSizes, withinBounds, type FullSpec } from '../signature/example.js';
import type { Signature, TensorSpec } from '../signature/spec.js';
import { checkTolerance } from '../signature/tolerance.js';
import { repeatRows, rowCount } from '../tensor/rows.js';
import { formatShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Arguments, Value } from '../tensor/value.js';
import type { Placement } from './engine.js';
import type { ModelInfo } from './info.js';
import type { Execution, WarmupOptions, WarmupReport } from './model.js';
import type { RunOptions } from './options.js';
import { firstLine, isFatal } from './refusal.js';
import { checkRowIndependence, hasFreeBatch } from './row-independence.js';

/** The JIT profiles the first run of a graph and optimizes on the second; the third is steady. */
const runsPerSize = 3;

/** What a warm-up needs of a model. */
export interface Warmable {
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  /** What the signature says of each argument of `forward`. */
  readonly forwardSpecs: readonly (TensorSpec | undefined)[];
  /** Dividing integers by 0 fails the run, and does not end the process. */
  readonly survivesZero: boolean;
  /** The arguments that `run` makes of its input. */
  argumentsOf(input: unknown): Arguments;
  /** Arguments of `forward`, bound and checked. */
  bindForward(args: Arguments): BoundArguments;
  /** Runs `forward` without checking its arguments again. */
  runBound(values: BoundArguments, placement: Placement, limits: RunOptions): Promise<Execution>;
}

/** What a host adds to the options of a warm-up. */
export interface InternalWarmupOptions extends WarmupOptions {
  /** Nobody asked for these sizes: those that the model refuses are left out, and it is not batched. */
  mayDropSizes?: boolean;
  /** Told before the runs of each size. */
  onProgress?: (step: WarmupStep) => void;
}

/** Where a warm-up is. */
interface WarmupStep {
  /** Rows of the runs that come now; undefined while rows are checked for independence. */
  readonly rows: number | undefined;
  readonly instance: number;
}

/** What a warm-up found, and the arguments that it found it with. */
interface Warm {
  readonly report: WarmupReport;
  readonly example: BoundArguments;
}

/** As Model.warmup. */
export async function warmUp(model: Warmable, options: InternalWarmupOptions): Promise<Warm> {
  const started = performance.now();
  check.options('warmup', options, ['example', 'batchSizes', 'tolerance', 'signal'], ['mayDropSizes', 'onProgress']);
  const { batchSizes = [1], signal, tolerance } = options;
  check.signal(signal);
  if (tolerance !== undefined) checkTolerance(tolerance);
  const given: unknown = batchSizes;
  if (!Array.isArray(given) || batchSizes.length === 0)
    throw expected('an array of at least one size', 'batchSizes', batchSizes);
  for (const size of batchSizes) check.integer('a batch size', size, 1, 1_000_000);
  const warmUp = new WarmUp(model, options);
  const { example, ran } =
    options.example === undefined
      ? await warmUp.onMadeUp(batchSizes)
      : await warmUp.onGiven(model.bindForward(model.argumentsOf(options.example)), options.batchSizes);
  options.onProgress?.({ rows: undefined, instance: 0 });
  const { refusal } = ran;
  const verdict =
    refusal === undefined
      ? await checkRowIndependence(model, example, (args) => warmUp.run(args, {}), { tolerance, sizes: ran.sizes })
      : { rowIndependent: undefined, rowIndependence: refusal, random: false };
  const report: WarmupReport = {
    runs: warmUp.runs,
    batchSizes: ran.sizes,
    refused: refusal,
    tolerance,
    ...verdict,
    durationMs: performance.now() - started,
  };
  return { report, example };
}

interface Ran {
  readonly sizes: readonly number[];
  /** Why sizes are missing. */
  readonly refusal?: string | undefined;
}

interface Warmed {
  readonly example: BoundArguments;
  readonly ran: Ran;
}

class WarmUp {
  readonly #model: Warmable;
  readonly #options: InternalWarmupOptions;
  runs = 0;

  constructor(model: Warmable, options: InternalWarmupOptions) {
    this.#model = model;
    this.#options = options;
  }

  async run(args: BoundArguments, placement: Placement): Promise<Value> {
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const scratch = this.#model.info.stateful;
    return (await this.#model.runBound(args, { ...placement, scratch }, signal ? { signal } : {})).value;
  }

  /**
   * Runs every size on every instance.
   * @param mayDrop leave out sizes that the model refuses, unless it refuses all
   */
  async on(example: BoundArguments, wanted: readonly number[], mayDrop: boolean): Promise<Warmed> {
    const { info, signature } = this.#model;
    const times = info.stateful ? 1 : runsPerSize; // a deep copy has to start afresh every time
    const free = hasFreeBatch(signature?.inputs ?? []);
    // A batch that is fixed has the size that it has.
    let sizes = free ? allowedSizes(signature, wanted) : [rowCount(example) ?? 1];
    let refusal: string | undefined;
    for (let instance = 0; instance < info.instances; ++instance) {
      const done: number[] = [];
      for (const size of sizes) {
        this.#options.onProgress?.({ rows: size, instance });
        const args = free ? repeatRows(example, size) : example;
        try {
          for (let i = 0; i < times; ++i, ++this.runs) await this.run(args, { instance });
          done.push(size);
        } catch (error) {
          const isLast = done.length === 0 && size === sizes.at(-1);
          if (!mayDrop || isLast || isFatal(error)) throw error;
          refusal ??= `the model does not take ${size} row${size === 1 ? '' : 's'}: ${firstLine(error)}`;
        }
      }
      sizes = done;
    }
    return { example, ran: { sizes, refusal } };
  }

  /** As `on`. A model that does not take the one row that nobody asked for is tried with the rows of the example. */
  async onGiven(example: BoundArguments, wanted: readonly number[] | undefined): Promise<Warmed> {
    const { mayDropSizes = false } = this.#options;
    const own = rowCount(example) ?? 1;
    try {
      return await this.on(example, wanted ?? [1], mayDropSizes);
    } catch (error) {
      if (wanted !== undefined || own === 1 || isFatal(error)) throw error;
      const { ran } = await this.on(example, [own], false);
      return { example, ran: { ...ran, refusal: `the model does not take 1 row: ${firstLine(error)}` } };
    }
  }

  /**
   * As `on`, with an example made from the signature. What nobody knows of it is guessed: where the model refuses the first
   * guess, free dimensions get a few usual sizes, and one row is tried alone.
   * @throws what the model said of the first guess, naming its shape
   */
  async onMadeUp(wanted: readonly number[]): Promise<Warmed> {
    const specs = this.#requireSpecs();
    let first: TorchError | undefined;
    const tried: string[] = [];
    for (const filler of freeSizes(specs)) {
      let shapes = 'of its shapes';
      try {
        const made = exampleArguments(specs, 2, filler); // rows that differ
        shapes = shapesOf(made);
        const example = this.#model.bindForward(made);
        // A guess that came to mind later is tried on one row first: it may be large.
        if (first) await this.on(example, [1], true);
        return await this.#onSizesOrOne(example, wanted);
      } catch (error) {
        if (isFatal(error)) throw error;
        tried.push(shapes);
        first ??= error as TorchError;
      }
    }
    const refused = first as TorchError;
    const others = tried.length > 1 ? ` (nor with ${tried.slice(1).join('; ')})` : '';
    throw torchError(
      refused.code,
      `The model does not run on an example made from its signature, ${tried[0]}${others}: ${sentenceOf(refused)}`,
      { cause: refused, hint: refused.hint, trace: refused.trace },
    );
  }

  /** As `on`; a model that takes none of the sizes is tried with one row, or with those of the example where one was refused. */
  async #onSizesOrOne(example: BoundArguments, wanted: readonly number[]): Promise<Warmed> {
    try {
      return await this.on(example, wanted, true);
    } catch (error) {
      if (isFatal(error)) throw error;
      const other = wanted.includes(1) ? (rowCount(example) ?? 1) : 1;
      if (wanted.includes(other)) throw error;
      const { ran } = await this.on(example, [other], true).catch((next: unknown) => {
        throw isFatal(next) || other === 1 ? next : error;
      });
      const rows = `${wanted[0]} row${wanted[0] === 1 ? '' : 's'}`;
      return { example, ran: { ...ran, refusal: `the model does not take ${rows}: ${firstLine(error)}` } };
    }
  }

  #requireSpecs(): readonly FullSpec[] {
    const specs = exampleSpecs(this.#model.signature);
    if (specs) return specs;
    const forward = this.#model.info.methods.find(({ name }) => name === 'forward');
    throw torchError(
      'ERR_INVALID_ARGUMENT',
      `Expected an example to warm up with, because no signature says enough to make one; forward takes ${describe(
        forward?.args.map(({ name, type }) => `${name}: ${type}`).join(', '),
      )}`,
    );
  }
}

/** Sizes that the first dimension of every input may have, next to those that were asked for. Without a signature: those. */
function allowedSizes(signature: Signature | undefined, sizes: readonly number[]): readonly number[] {
  const specs = signature?.inputs.filter(({ optional }) => !optional) ?? [];
  return [...new Set(sizes.map((size) => specs.reduce((allowed, spec) => withinBounds(spec, 0, allowed), size)))];
}

/** `x float32 [2, 4], mask int64 [2, 1]` */
function shapesOf(args: Readonly<Record<string, Tensor | number>>): string {
  return Object.entries(args)
    .map(([name, value]) =>
      value instanceof Tensor ? `${name} ${value.dtype} ${formatShape(value.shape)}` : `${name} ${value}`,
    )
    .join(', ');
}
