/** Rows of data as a model takes them. */
import { describe, torchError, type TorchError } from '../../errors.js';
import type { TensorSpec } from '../../signature/spec.js';
import { dtypeTable, type DType } from '../../tensor/dtype.js';
import { realsOf, realTo } from '../../tensor/reals.js';
import { formatShape } from '../../tensor/shape.js';
import { Tensor } from '../../tensor/tensor.js';
import { isPlainObject } from '../../tensor/value.js';
import { arrayOfTensor, openArrays, type RowArray, type RowArrays } from './arrays.js';

/**
 * Rows of training data: a path of a .npy file with one array, or of a .npz file with one for each input, by name or by place
 * (`arr_0`); a tensor, or tensors by name or by place. The first dimension is the rows.
 */
export type DataGiven = string | Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** Some rows of all inputs. */
export interface DataBatch {
  /** One tensor for each input of the signature, in its order; undefined for one that is left out. */
  readonly args: readonly (Tensor | undefined)[];
  readonly rows: number;
  /** In the data, of the first row and of each of the others. */
  readonly indices: readonly number[];
}

/** Bytes of the rows that are read at once. */
const readBytes = 8 * 2 ** 20;

/** Data that is open. */
export class DataRows {
  /** Rows that there are. */
  readonly total: number;
  readonly #specs: readonly TensorSpec[];
  readonly #arrays: readonly (RowArray | undefined)[];
  readonly #close: () => Promise<void>;

  private constructor(
    total: number,
    specs: readonly TensorSpec[],
    arrays: readonly (RowArray | undefined)[],
    close: () => Promise<void>,
  ) {
    this.total = total;
    this.#specs = specs;
    this.#arrays = arrays;
    this.#close = close;
  }

  /**
   * @param what how messages call it: `the training data`
   * @throws ERR_INVALID_INPUT, ERR_INVALID_SHAPE or ERR_INVALID_DTYPE for what does not fit the inputs
   */
  static async open(given: DataGiven, specs: readonly TensorSpec[], what: string): Promise<DataRows> {
    const opened = await arraysOf(given, what);
    const { arrays } = opened;
    const close = (): Promise<void> => opened.close();
    try {
      const placed = arrayOfEach(arrays, specs, what);
      let total: number | undefined;
      for (const [i, array] of placed.entries()) {
        if (!array) continue;
        requireFit(array, specs[i] as TensorSpec, what);
        const [rows] = array.shape as [number];
        if (total !== undefined && rows !== total) {
          throw torchError(
            'ERR_INVALID_SHAPE',
            `Expected as many rows for each input in ${what} but input ${specs[i]?.name} has ${rows} where another has ${total}`,
          );
        }
        total = rows;
      }
      if (!total) throw torchError('ERR_INVALID_INPUT', `Expected rows in ${what} but received none`);
      return new DataRows(total, specs, placed, close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  /**
   * All rows in their order, or `most` evenly spaced ones where there are more.
   * @param size how many rows the next batch may have
   */
  async *batches(most: number, size: () => number): AsyncGenerator<DataBatch> {
    const taken = Math.min(most, this.total);
    const indexOf = (j: number): number => Math.floor((j * this.total) / taken);
    const rowBytes = this.#arrays.reduce((sum, array) => sum + (array ? bytesOfRow(array) : 0), 0);
    for (let j = 0; j < taken;) {
      const wanted = Math.min(size(), taken - j);
      const indices = [indexOf(j)];
      // What lies between rows that are taken is read with them, and thrown away.
      while (indices.length < wanted && (indexOf(j + indices.length) - (indices[0] as number)) * rowBytes < readBytes) {
        indices.push(indexOf(j + indices.length));
      }
      j += indices.length;
      yield { args: await this.read(indices), rows: indices.length, indices };
    }
  }

  async close(): Promise<void> {
    await this.#close();
  }

  /** @param indices ascending, and behind those that were read before */
  async read(indices: readonly number[]): Promise<readonly (Tensor | undefined)[]> {
    const [from = 0] = indices;
    const count = (indices.at(-1) as number) + 1 - from;
    const args: (Tensor | undefined)[] = [];
    for (const [i, array] of this.#arrays.entries()) {
      if (!array) {
        args.push(undefined);
        continue;
      }
      const part = await array.read(from, count);
      const chosen = count === indices.length ? part : gathered(part, indices, from);
      args.push(inDtype(chosen, (this.#specs[i] as TensorSpec).dtype as DType));
    }
    return args;
  }
}

async function arraysOf(given: DataGiven, what: string): Promise<RowArrays> {
  if (typeof given === 'string') return await openArrays(given, what);
  const close = (): Promise<void> => Promise.resolve();
  if (given instanceof Tensor) return { arrays: new Map([['', arrayOfTensor(given)]]), close };
  const isList = Array.isArray(given);
  if (!isList && !isPlainObject(given)) throw notData(given, what);
  const entries = Object.entries(given as Readonly<Record<string, unknown>>);
  const arrays = entries.map(([name, tensor]): [string, RowArray] => {
    if (!(tensor instanceof Tensor) || tensor.shape.length === 0) throw notData(tensor, what);
    return [isList ? `arr_${name}` : name, arrayOfTensor(tensor)];
  });
  return { arrays: new Map(arrays), close };
}

function notData(given: unknown, what: string): TorchError {
  return torchError(
    'ERR_INVALID_ARGUMENT',
    `Expected a path of a .npy or .npz file, or tensors whose first dimension is the rows, for ${what} but received ${describe(given)}`,
  );
}

/** The array of each input: the only one, or by name, or by place where numpy.savez has numbered them. */
function arrayOfEach(
  arrays: ReadonlyMap<string, RowArray>,
  specs: readonly TensorSpec[],
  what: string,
): (RowArray | undefined)[] {
  const needed = specs.filter(({ optional }) => !optional);
  const wanted = specs.map(({ name }) => name).join(', ');
  const [only] = arrays.size === 1 ? arrays.values() : [];
  if (only && needed.length <= 1) {
    const place = specs.indexOf(needed[0] ?? (specs[0] as TensorSpec));
    const [name] = arrays.keys();
    if (name === '' || name === 'arr_0' || name === specs[place]?.name) {
      return specs.map((_, i) => (i === place ? only : undefined));
    }
  }
  const byPlace =
    [...arrays.keys()].every((name, i) => name === `arr_${i}`) && !specs.some(({ name }) => arrays.has(name));
  const names = specs.map(({ name }, i) => (byPlace ? `arr_${i}` : name));
  const stranger = [...arrays.keys()].find((name) => !names.includes(name));
  const missing = needed.find((spec) => !arrays.has(names[specs.indexOf(spec)] as string));
  if (stranger !== undefined || missing) {
    const received = [...arrays.keys()].map((name) => (name === '' ? 'one without a name' : name)).join(', ') || 'none';
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected one array for each input (${wanted}) in ${what} but received ${received}: numpy.savez(file, ${needed.map(({ name }) => `${name}=…`).join(', ')}) makes such a file`,
    );
  }
  return names.map((name) => arrays.get(name));
}

/** @throws ERR_INVALID_INPUT, ERR_INVALID_DTYPE, ERR_INVALID_SHAPE */
function requireFit({ dtype, shape }: RowArray, spec: TensorSpec, what: string): void {
  if (spec.dtype === null || spec.shape === null) {
    throw torchError(
      'ERR_INVALID_INPUT',
      `Expected inputs that are tensors for ${what} but ${spec.name} is ${spec.type ?? 'none'}`,
    );
  }
  const [, ...sizes] = shape;
  const [, ...wanted] = spec.shape;
  if (shape.length !== spec.shape.length || wanted.some((size, axis) => size !== null && size !== sizes[axis])) {
    throw torchError(
      'ERR_INVALID_SHAPE',
      `Expected ${formatShape([null, ...wanted])} for ${spec.name} in ${what} but received ${formatShape(shape)}`,
    );
  }
  if (!isConvertible(dtype, spec.dtype)) {
    throw torchError(
      'ERR_INVALID_DTYPE',
      `Expected ${spec.dtype} for ${spec.name} in ${what} but received ${dtype}, which it cannot be made of without loss`,
    );
  }
}

/** Numbers of NumPy's own dtypes may become those of the model, as everywhere on the command line. */
function isConvertible(from: DType, to: DType): boolean {
  if (from === to) return true;
  if (from === 'bool' || to === 'bool') return false;
  return dtypeTable[from].kind === 'int' || dtypeTable[to].kind === 'float';
}

function inDtype(tensor: Tensor, wanted: DType): Tensor {
  if (tensor.dtype === wanted) return tensor;
  const { array, min, max } = dtypeTable[wanted];
  const encode = realTo(wanted);
  const reals = realsOf(tensor) as ArrayLike<number>;
  const data = new array(reals.length);
  for (let i = 0; i < reals.length; ++i) {
    const value = reals[i] as number;
    if (min !== undefined && !(value >= Number(min) && value <= Number(max))) {
      throw torchError(
        'ERR_OUT_OF_RANGE',
        `Expected elements that ${wanted} can hold but one of ${tensor.dtype} is outside`,
      );
    }
    data[i] = encode(value);
  }
  return new Tensor(wanted, data, tensor.shape);
}

function bytesOfRow({ dtype, shape }: RowArray): number {
  return shape.slice(1).reduce((product, size) => product * size, dtypeTable[dtype].bytes);
}

function gathered({ dtype, data, shape }: Tensor, indices: readonly number[], from: number): Tensor {
  const size = data.length / (shape[0] as number);
  const chosen = new dtypeTable[dtype].array(indices.length * size);
  for (const [i, index] of indices.entries()) {
    chosen.set(data.subarray((index - from) * size, (index - from + 1) * size) as never, i * size);
  }
  return new Tensor(dtype, chosen, [indices.length, ...shape.slice(1)]);
}
