import type { ModelInfo } from '../../model/info.js';
import type { RunOptions } from '../../model/options.js';
import type { Signature } from '../../signature/spec.js';
import { EngineModel, type Placement, type SubmissionHooks } from '../../model/base.js';
import type { Execution } from '../../model/model.js';
import { ownCopy } from '../../tensor/copies.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Arguments, Value } from '../../tensor/value.js';
import type { WireTensor } from './protocol.js';
import type { RunQueue, Submission } from './run-queue.js';
import { inputTensors, type OnnxValue } from './values.js';

export interface OnnxModelParts {
  readonly queue: RunQueue;
  readonly info: ModelInfo;
  readonly signature: Signature | undefined;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly string[];
}

/** A model of ONNX Runtime. One output is a Tensor; several are an object by name, in the graph's order. */
export class OnnxModel extends EngineModel {
  readonly #queue: RunQueue;
  readonly #inputs: readonly OnnxValue[];
  readonly #outputs: readonly string[];
  /** Memory of batches: it goes to a thread as it is, where others' is copied. */
  readonly #slabs: WeakSet<ArrayBufferLike>;

  constructor({ queue, info, signature, inputs, outputs }: OnnxModelParts) {
    const slabs = new WeakSet<ArrayBufferLike>();
    // Nothing comes back from a thread, so there is nothing to reuse.
    super(info, signature, {
      take(bytes) {
        const slab = new ArrayBuffer(bytes);
        slabs.add(slab);
        return slab;
      },
      give: () => undefined,
    });
    this.#queue = queue;
    this.#inputs = inputs;
    this.#outputs = outputs;
    this.#slabs = slabs;
  }

  protected override async start(
    _method: string,
    args: Arguments,
    options: RunOptions,
    { instance = -1 }: Placement,
    hooks: SubmissionHooks,
  ): Promise<Execution> {
    const tensors = inputTensors(this.#inputs, args);
    const { outputs, timings } = await this.#queue.submit(() => this.#pack(tensors), options, instance, hooks);
    return { value: this.#result(outputs), timings };
  }

  protected override free(): Promise<void> {
    return this.#queue.close();
  }

  #pack(tensors: readonly Tensor[]): Submission {
    const inputs = tensors.map((tensor) => {
      const { dtype, shape, data } = tensor;
      return { dtype, shape, data: this.#slabs.has(data.buffer) ? data : ownCopy(tensor) };
    });
    return { inputs, transfer: inputs.map(({ data }) => data.buffer as ArrayBuffer) };
  }

  #result(outputs: readonly WireTensor[]): Value {
    const tensors = outputs.map(tensorOf);
    if (tensors.length === 1) return tensors[0] as Tensor;
    return Object.fromEntries(tensors.map((tensor, i) => [this.#outputs[i] as string, tensor]));
  }
}

function tensorOf({ dtype, shape, data }: WireTensor): Tensor {
  const { array, bytes } = dtypeTable[dtype];
  return new Tensor(dtype, new array(data.buffer as ArrayBuffer, 0, data.byteLength / bytes), shape);
}
