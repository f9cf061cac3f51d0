import type { Addon, ModelHandle } from '../../addon/addon.js';
import type { BoundArguments } from '../../signature/bind.js';
import { dtypes, dtypeTable, type DType, type TensorData } from '../../tensor/dtype.js';
import { Tensor } from '../../tensor/tensor.js';

/** Of arguments and results; calls with more numbers go the other way. */
const mostNumbers = 256;
/** A result of more is handed over as an object. */
const mostBytes = 16 * 1024;
/** So few elements are copied one by one: they then lie in V8's heap, and have no memory of their own. */
const few = 16;

const codes = new Map<DType, number>(dtypes.map((dtype, code) => [dtype, code]));

type Outcome = ReturnType<Addon['runTensors']>;

/**
 * Runs on the calling thread whose arguments are tensors and whose result is one: both cross as numbers and bytes in memory that is
 * there, where an object costs some twenty calls of Node-API.
 */
export class FlatCalls {
  readonly #addon: Addon;
  readonly #handle: ModelHandle;
  readonly #numbers = new Float64Array(mostNumbers);
  readonly #bytes = new Uint8Array(mostBytes);
  /** The bytes as elements of each dtype. */
  readonly #elements: readonly TensorData[];

  constructor(addon: Addon, handle: ModelHandle) {
    this.#addon = addon;
    this.#handle = handle;
    this.#elements = dtypes.map((dtype) => new dtypeTable[dtype].array(this.#bytes.buffer));
  }

  /** @returns true when `result` has it, what `runHere` returns where it has not; null for arguments that do not fit here */
  run(method: string, values: BoundArguments): Outcome | null {
    if (!this.#describe(values)) return null;
    if (values.length === 1) {
      const { data } = values[0] as Tensor;
      return this.#addon.runTensors(this.#handle, method, this.#numbers, this.#bytes, data);
    }
    const data = values.map((value) => (value as Tensor).data);
    return this.#addon.runTensors(this.#handle, method, this.#numbers, this.#bytes, ...data);
  }

  get runMs(): number {
    return this.#numbers[0] as number;
  }

  get heldMs(): number {
    return this.#numbers[1] as number;
  }

  /** Of the last run. */
  result(): Tensor {
    const numbers = this.#numbers;
    const code = numbers[2] as number;
    const rank = numbers[3] as number;
    const shape: number[] = [];
    let count = 1;
    for (let axis = 0; axis < rank; ++axis) {
      const size = numbers[4 + axis] as number;
      shape.push(size);
      count *= size;
    }
    return new Tensor(dtypes[code] as DType, this.#copy(code, count), shape);
  }

  #copy(code: number, count: number): TensorData {
    const from = this.#elements[code] as Float32Array;
    if (count > few) return from.slice(0, count);
    const { array } = dtypeTable[dtypes[code] as DType];
    const copy = new array(count) as Float32Array;
    for (let i = 0; i < count; ++i) copy[i] = from[i] as number;
    return copy;
  }

  /** Whether they are tensors, few enough. */
  #describe(values: BoundArguments): boolean {
    const numbers = this.#numbers;
    let at = 0;
    numbers[at++] = values.length;
    for (const value of values) {
      if (!(value instanceof Tensor)) return false;
      const { shape } = value;
      const code = codes.get(value.dtype);
      if (code === undefined || at + 2 + shape.length > mostNumbers) return false;
      numbers[at++] = code;
      numbers[at++] = shape.length;
      for (let axis = 0; axis < shape.length; ++axis) numbers[at++] = shape[axis] as number;
    }
    return true;
  }
}
