import { ownCopy } from '../../tensor/copies.js';
import { dtypeTable } from '../../tensor/dtype.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Value } from '../../tensor/value.js';
import type { BoundArguments } from '../../signature/bind.js';
import type { SlabPool } from '../../model/collate.js';
import type { Busy, EngineModel, Run } from '../../model/engine.js';
import type { Execution } from '../../model/model.js';
import type { InstanceQueue, Submission } from '../remote/instance-queue.js';
import type { WireTensor } from '../remote/protocol.js';

/** A model of ONNX Runtime. One output is a Tensor; several are an object by name, in the graph's order. */
export class OnnxSession implements EngineModel {
  /** Memory of batches: it goes to a thread as it is, where others' is copied. Nothing comes back to be used again. */
  readonly slabs: SlabPool;
  readonly #queue: InstanceQueue;
  readonly #outputs: readonly string[];
  readonly #owned = new WeakSet<ArrayBufferLike>();

  /** @param outputs names, in the graph's order */
  constructor(queue: InstanceQueue, outputs: readonly string[]) {
    this.#queue = queue;
    this.#outputs = outputs;
    this.slabs = {
      take: (bytes) => {
        const slab = new ArrayBuffer(bytes);
        this.#owned.add(slab);
        return slab;
      },
      give: () => undefined,
    };
  }

  async run({ values, limits, instance = -1, accepted, finished }: Run): Promise<Execution> {
    const hooks = { accepted, finished };
    const { outputs, timings } = await this.#queue.submit(() => this.#pack(values), limits, instance, hooks);
    return { value: this.#result(outputs), timings };
  }

  busy(): Busy {
    return this.#queue.busy();
  }

  free(): Promise<void> {
    return this.#queue.close();
  }

  /** Every input of a graph is a tensor and none has a default, so binding has let nothing else through. */
  #pack(values: BoundArguments): Submission {
    const inputs = (values as readonly Tensor[]).map((tensor) => {
      const { dtype, shape, data } = tensor;
      return { dtype, shape, data: this.#owned.has(data.buffer) ? data : ownCopy(tensor) };
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
