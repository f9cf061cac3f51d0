import { describe } from '../../../errors.js';
import type { SpecPart } from '../../../registry/record/options.js';
import { dtypes, type DType } from '../../../tensor/dtype.js';
import { usage } from './shared.js';

/**
 * An input or output as a flag says it: `x:float32[?,784]`, or `float32[?,784]` by its place. `?` or a name is any size, and
 * sizes of one name are equal.
 * @throws UsageError
 */
export function specOf(flag: string, text: string): SpecPart {
  const [, name, dtype, sizes] = /^(?:([^\s:[\]]{1,200}):)?([a-z][a-z0-9]*)\[([^[\]]*)\]$/.exec(text.trim()) ?? [];
  if (dtype === undefined || sizes === undefined) {
    throw usage(`Expected NAME:DTYPE[SIZES], such as 'x:float32[?,784]', for ${flag} but received ${describe(text)}`);
  }
  if (!(dtypes as readonly string[]).includes(dtype)) {
    throw usage(`Expected one of ${dtypes.join(', ')} in ${flag} but received ${describe(dtype)}`);
  }
  const dimensions = sizes.trim() === '' ? [] : sizes.split(',').map((size) => dimensionOf(flag, size.trim()));
  const symbols = dimensions.map((size) => (typeof size === 'string' ? size : null));
  return {
    ...(name !== undefined && { name }),
    dtype: dtype as DType,
    shape: dimensions.map((size) => (typeof size === 'number' ? size : null)),
    ...(symbols.some((symbol) => symbol !== null) && { symbols }),
  };
}

function dimensionOf(flag: string, size: string): number | string | null {
  if (size === '?') return null;
  if (/^[0-9]{1,15}$/.test(size)) return Number(size);
  if (/^[A-Za-z_]\w{0,63}$/.test(size)) return size;
  throw usage(`Expected sizes such as 784, ? or batch in ${flag} but received ${describe(size)}`);
}
