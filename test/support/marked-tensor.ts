import type { DType, Tensor } from 'node-libtorch';

/** What another copy of the package may hand over: it has the mark of a tensor, and nothing of it was checked or frozen. */
export function markedTensor(dtype: DType, data: ArrayBufferView, shape: number[]): Tensor {
  return { dtype, data, shape, [Symbol.for('node-libtorch.Tensor')]: true } as unknown as Tensor;
}
