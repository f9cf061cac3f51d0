import { torchError } from '../../errors.js';
import { ownCopy } from '../../tensor/copies.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import type { DictKey, Value } from '../../tensor/value.js';
import type { BoundArguments } from '../../signature/bind.js';
import { readStrings } from '../../signature/strings.js';
import { nestedStrings } from '../../tensor/strings.js';
import type { SlabPool } from '../../model/collate.js';
import type { Busy, EngineModel, Run } from '../../model/engine.js';
import type { Execution } from '../../model/model.js';
import type { InstanceQueue, Submission } from '../remote/instance-queue.js';
import type { WireTensor, WireValue } from '../remote/protocol.js';
import { requireOutputs, type InputPlan, type OutputPlan } from './plan.js';

/** Frees a model that was collected: its queue, which does not refer to it, ends its threads. */
const forgotten = new FinalizationRegistry((queue: InstanceQueue) => {
  void queue.close();
});

/** A model of ONNX Runtime. One output is a value of its own; several are an object by name, in the graph's order. */
export class OnnxSession implements EngineModel {
  /** Memory of batches: it goes to a thread as it is, where others' is copied. Nothing comes back to be used again. */
  readonly slabs: SlabPool;
  readonly outputNames: readonly string[];
  readonly #queue: InstanceQueue;
  readonly #inputs: readonly InputPlan[];
  readonly #outputs: readonly OutputPlan[];
  readonly #all: Fetch;
  readonly #owned = new WeakSet<ArrayBufferLike>();

  /**
   * @param plan in the order of the arguments and of the results
   * @param returned names of all that the session returns when nothing is chosen
   */
  constructor(
    queue: InstanceQueue,
    { inputs, outputs }: { inputs: readonly InputPlan[]; outputs: readonly OutputPlan[] },
    returned: readonly string[],
  ) {
    this.#queue = queue;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#all = fetchOf(outputs, returned);
    this.outputNames = outputs.map(({ spec }) => spec.name);
    this.slabs = {
      take: (bytes) => {
        const slab = new ArrayBuffer(bytes);
        this.#owned.add(slab);
        return slab;
      },
      give: () => undefined,
    };
    forgotten.register(this, queue, this);
  }

  async run({ values, limits, instance = -1, outputs, accepted, finished }: Run): Promise<Execution> {
    const { chosen, places, names } = outputs ? this.#choice(outputs) : this.#all;
    if (places.includes(-1)) requireOutputs(chosen, this.#outputs);
    const hooks = { accepted, finished };
    const { outputs: got, timings } = await this.#queue.submit(
      () => this.#pack(values, names),
      limits,
      instance,
      hooks,
    );
    const results = chosen.map((plan, i) => valueOf(got[places[i] as number] as WireValue, plan.keys));
    if (results.length === 1) return { value: results[0] as Value, timings };
    return { value: Object.fromEntries(chosen.map(({ spec }, i) => [spec.name, results[i] as Value])), timings };
  }

  busy(): Busy {
    return this.#queue.busy();
  }

  free(): Promise<void> {
    forgotten.unregister(this);
    return this.#queue.close();
  }

  /** LoadedModel has checked the names. */
  #choice(names: readonly string[]): Fetch {
    const chosen = names.map((name) => this.#outputs.find(({ spec }) => spec.name === name) as OutputPlan);
    const fetched = [...new Set(chosen.flatMap(({ from }) => from ?? []))];
    return { ...fetchOf(chosen, fetched), names: fetched };
  }

  /** Binding has checked the values. What was left out has a default. */
  #pack(values: BoundArguments, outputs: readonly string[] | undefined): Submission {
    const inputs = this.#inputs.map((plan, i) => this.#wire(plan, values[i]));
    const transfer = inputs.flatMap((input) => (input.dtype === 'string' ? [] : [input.data.buffer as ArrayBuffer]));
    return outputs ? { inputs, transfer, outputs } : { inputs, transfer };
  }

  #wire({ spec, value: preset }: InputPlan, value: Value | undefined): WireValue {
    if (value instanceof Tensor) {
      const { dtype, shape, data } = value;
      return { dtype, shape, data: this.#owned.has(data.buffer) ? data : ownCopy(value) };
    }
    if (value !== undefined) return { dtype: 'string', ...readStrings(spec, value) };
    const { dtype, shape, data } = preset as WireValue;
    return dtype === 'string' ? { dtype, shape, data } : { dtype, shape, data: data.slice() };
  }
}

/** Which outputs a run gives, and where among those that the session returns. */
interface Fetch {
  readonly chosen: readonly OutputPlan[];
  /** -1 for one that cannot be had. */
  readonly places: readonly number[];
  /** What the session is asked for; undefined for all that it has. */
  readonly names?: readonly string[];
}

function fetchOf(chosen: readonly OutputPlan[], returned: readonly string[]): Fetch {
  return { chosen, places: chosen.map(({ from }) => (from === undefined ? -1 : returned.indexOf(from))) };
}

function valueOf(wire: WireValue, keys: OutputPlan['keys']): Value {
  if (wire.dtype === 'string') return nestedStrings(wire);
  const tensor = tensorOf(wire);
  return keys ? mapsOf(tensor, keys) : tensor;
}

function tensorOf({ dtype, shape, data }: WireTensor): Tensor {
  const { array, bytes } = dtypeTable[dtype];
  return new Tensor(dtype, new array(data.buffer as ArrayBuffer, 0, data.byteLength / bytes), shape);
}

/** A map of each row, as a ZipMap node makes them: objects where the keys are strings. */
function mapsOf({ data, shape }: Tensor, keys: readonly DictKey[]): Value {
  const width = keys.length;
  if (shape.at(-1) !== width) {
    throw torchError(
      'ERR_BAD_OUTPUT',
      `Expected ${width} columns for a map's keys but the model gave ${formatShape(shape)}`,
    );
  }
  const isText = typeof keys[0] === 'string';
  return Array.from({ length: data.length / width }, (_, row): Value => {
    const entries = keys.map((key, i) => [key, Number(data[row * width + i])] as const);
    return isText ? (Object.fromEntries(entries) as Record<string, Value>) : new Map(entries);
  });
}
