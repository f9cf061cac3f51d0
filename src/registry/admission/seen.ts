/** What the outputs of runs have in common. */
import { Tensor } from '../../tensor/tensor.js';
import { entriesOf, isContainer, isMap, type Value } from '../../tensor/value.js';
import type { SeenTensor } from './messages.js';

/** Of runs on other rows, other sizes and other values: what stays is the model's, what changes is free. */
export class SeenOutputs {
  #known: SeenTensor[] | undefined;
  #hasOrder = true;

  /** @returns undefined where the outputs are no tensors that can be put into an order, or runs differ in more than sizes */
  get all(): readonly SeenTensor[] | undefined {
    return this.#hasOrder ? this.#known : undefined;
  }

  add(value: Value): void {
    if (!this.#hasOrder) return;
    const tensors = tensorsOf(value);
    const known = this.#known;
    if (!tensors || (known && !isAlike(known, tensors))) {
      this.#hasOrder = false;
      return;
    }
    this.#known = known?.map((old, i) => joined(old, tensors[i] as SeenTensor)) ?? [...tensors];
  }
}

function joined(old: SeenTensor, { shape }: SeenTensor): SeenTensor {
  return { ...old, shape: old.shape.map((size, axis) => (size === shape[axis] ? size : null)) };
}

function isAlike(known: readonly SeenTensor[], tensors: readonly SeenTensor[]): boolean {
  return (
    known.length === tensors.length &&
    known.every(({ name, dtype, shape }, i) => {
      const other = tensors[i] as SeenTensor;
      return name === other.name && dtype === other.dtype && shape.length === other.shape.length;
    })
  );
}

/** In the order in which a host holds them against a signature: one, a list, or a dictionary by the ways to its leaves. */
function tensorsOf(value: Value): SeenTensor[] | undefined {
  if (value instanceof Tensor) return [seen(undefined, value)];
  if (!isContainer(value) || isMap(value)) return undefined;
  const leaves = Array.isArray(value)
    ? (value as readonly Value[]).map((item) => [undefined, item] as const)
    : [...leavesOf(value, '')];
  const tensors = leaves.flatMap(([name, item]) => (item instanceof Tensor ? [seen(name, item)] : []));
  return tensors.length === leaves.length && tensors.length > 0 ? tensors : undefined;
}

function* leavesOf(value: Value, path: string): Generator<readonly [string, Value]> {
  if (!isContainer(value) || isMap(value)) {
    yield [path, value];
    return;
  }
  const entries = Array.isArray(value) ? (value as readonly Value[]).entries() : entriesOf(value as never);
  for (const [key, item] of entries) yield* leavesOf(item, path === '' ? String(key) : `${path}.${String(key)}`);
}

const seen = (name: string | undefined, { dtype, shape }: Tensor): SeenTensor => ({ name, dtype, shape: [...shape] });
