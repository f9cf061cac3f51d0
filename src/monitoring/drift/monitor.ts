import * as check from '../../check.js';
import { expected } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Arguments, Value } from '../../tensor/value.js';
import type { WindowReport } from '../report.js';
import type { Features } from './features.js';
import { Profile } from './profile.js';
import type { Reference } from './reference.js';
import type { ProfileCounts, VerdictOptions } from './verdict-types.js';
import { verdictOf } from './verdict.js';

/** As for `verdictOf`. */
export type DriftMonitorOptions = Omit<VerdictOptions, 'signal'>;

/**
 * Watches the calls of one version for drift, in a program that serves no HTTP. It counts rows between the edges of the
 * record's training statistics, and holds no value of any row. A window is open until `closeWindow`, which says what it is, and
 * begins the next one.
 * @example
 * ```ts
 * import { loadModel, ModelRegistry, referenceOf } from 'node-libtorch';
 * import { DriftMonitor } from 'node-libtorch/monitoring';
 *
 * const record = await (await ModelRegistry.open()).resolve('mnist-mlp');
 * const monitor = new DriftMonitor(referenceOf(record), { level: 0.001 });
 * const output = await model.run(input);
 * monitor.observe(input, output);
 * const { level, features } = await monitor.closeWindow(); // after some hundred rows
 * ```
 */
export class DriftMonitor {
  readonly #reference: Reference;
  readonly #options: DriftMonitorOptions;
  readonly #trained: ProfileCounts;
  readonly #now: () => number;
  #reader: Features | undefined;
  #window: Profile;
  #from: number | undefined;

  /**
   * @param reference `referenceOf(record)`
   * @throws ERR_INVALID_ARGUMENT for a record without training statistics, and for options that do not exist
   */
  constructor(reference: Reference | undefined, options?: DriftMonitorOptions);
  /** @internal */
  // eslint-disable-next-line @typescript-eslint/unified-signatures -- the clock, milliseconds since the epoch, is for tests
  constructor(reference: Reference | undefined, options: DriftMonitorOptions, now: () => number);
  constructor(reference: Reference | undefined, options: DriftMonitorOptions = {}, now: () => number = Date.now) {
    if (typeof reference !== 'object' || typeof (reference as Partial<Reference> | null)?.reader !== 'function') {
      throw expected('training statistics, as referenceOf(record) has them', 'reference of DriftMonitor', reference);
    }
    check.options('DriftMonitor', options, ['level', 'preset', 'leastRows']);
    this.#reference = reference;
    this.#options = options;
    this.#trained = countsOf(reference);
    this.#now = now;
    this.#window = new Profile(reference);
  }

  /** Rows of the open window. */
  get rows(): number {
    return this.#window.rows;
  }

  /** When the open window began, with its first row; ISO 8601. */
  get from(): string | undefined {
    return this.#from === undefined ? undefined : new Date(this.#from).toISOString();
  }

  /**
   * Counts the rows of one call.
   * @param inputs what `run` was given: a tensor, or the arguments of `forward`
   * @param output what it returned
   * @returns how many rows were counted: 0 where no tensor of the call has rows that are watched
   */
  observe(inputs: Tensor | Arguments, output: Value): number {
    if (typeof (inputs as unknown) !== 'object' || (inputs as unknown) === null) {
      throw expected('a tensor, or the arguments of forward', 'inputs of observe', inputs);
    }
    const args = inputs instanceof Tensor ? [inputs] : inputs;
    const first = Object.values<Value | undefined>(args).find((value) => value instanceof Tensor);
    const rows = first?.shape[0] ?? 0;
    const reader = (this.#reader ??= this.#reference.reader());
    try {
      if (!reader.begin(args, output, rows)) return 0;
      this.#from ??= this.#now();
      for (let row = 0; row < rows; row++) this.#window.add(reader.read(row));
      return rows;
    } finally {
      reader.end();
    }
  }

  /** Adds what another process has counted. @throws ERR_INVALID_ARGUMENT for a profile of another reference. @internal */
  merge(profile: Profile): void {
    if (profile.rows === 0) return;
    this.#window.merge(profile);
    this.#from ??= this.#now();
  }

  /**
   * Says what the open window is, and begins the next one at once: what is observed meanwhile belongs to that. The work is done in
   * slices of a few milliseconds.
   * @throws the reason of `signal`
   */
  async closeWindow({ signal }: Pick<VerdictOptions, 'signal'> = {}): Promise<WindowReport> {
    const window = this.#window;
    const now = this.#now();
    const times = { from: new Date(this.#from ?? now).toISOString(), to: new Date(now).toISOString() };
    this.#window = new Profile(this.#reference);
    this.#from = undefined;
    const verdict = await verdictOf(this.#trained, window, { ...this.#options, ...(signal && { signal }) });
    return { ...times, ...verdict };
  }
}

/** The counts of the training data, as a profile would have them. */
function countsOf({ rows, features }: Reference): ProfileCounts {
  return {
    rows,
    features: features.map((feature) => {
      const { name, kind, counts, missing } = feature;
      return { name, kind, missing, bins: { ...(feature.kind === 'numeric' && { edges: feature.edges }), counts } };
    }),
  };
}
