import { checkSignature } from '../../signature/check.js';
import type { DimensionBounds, Signature, TensorSpec } from '../../signature/spec.js';
import { namesIn } from './expression.js';
import { extentOf, largestSize, malformed, type Extent, type InputSpec, type PackageSpec } from './input-spec.js';

/** The member of a package's metadata that scripts/export/node_libtorch_export.py writes. */
export const writtenKey = 'NODE_LIBTORCH_SIGNATURE';

type Written = Readonly<Record<string, unknown>>;

/** @throws ERR_MODEL_FORMAT for what that script does not write */
export function readWrittenSpec(json: string): PackageSpec {
  let written: Written;
  try {
    written = JSON.parse(json) as Written;
  } catch {
    throw wrong('JSON');
  }
  if (typeof written !== 'object' || (written as unknown) === null || written.version !== 1) throw wrong('version 1');
  const inputs = list(written.inputs, 'inputs').map(toInput);
  const outputs = list(written.outputs, 'outputs').map(toOutput);
  checkNames({ inputs: inputs.map(({ name, dtype }) => ({ name, dtype, shape: [] })), outputs });
  const symbols = new Map(
    Object.entries((written.symbols ?? {}) as Written).map(([name, range]) => [name, toBounds(range)]),
  );
  const parameters = list(written.parameters, 'parameters').map((name) => {
    if (typeof name !== 'string') throw wrong('names of parameters');
    return name;
  });
  const constants = new Map(
    Object.entries((written.constants ?? {}) as Record<string, string | number | boolean | null>).map(
      ([leaf, value]) => [Number(leaf), value],
    ),
  );
  return { inputs, symbols, outputs, parameters, constants, namesAreMadeUp: false, warnings: [] };
}

function toInput(input: unknown): InputSpec {
  const { name, dtype, shape, order } = (input ?? {}) as Written;
  const extents = list(shape, 'a shape').map((size): Extent => {
    if (typeof size === 'string') return extentOf(size);
    if (!Number.isSafeInteger(size) || (size as number) < 0) throw wrong('sizes');
    return size as number;
  });
  const axes = list(order, 'an order of dimensions');
  if (extents.some((_, axis) => !axes.includes(axis)) || axes.length !== extents.length)
    throw wrong('an order of dimensions');
  return { name: name as string, dtype: dtype as InputSpec['dtype'], shape: extents, order: axes as number[] };
}

function toOutput(output: unknown): TensorSpec {
  const { name, dtype, shape } = (output ?? {}) as Written;
  const sizes = list(shape, 'a shape').map((size) => {
    if (typeof size === 'string') return namesIn(size).length > 0 ? null : (extentOf(size) as number);
    return size as number | null;
  });
  return { name: name as string, dtype: dtype as TensorSpec['dtype'], shape: sizes };
}

function toBounds(range: unknown): DimensionBounds {
  const [min, max] = list(range, 'a range') as [unknown, unknown];
  if (!Number.isSafeInteger(min) || (min as number) < 0) throw wrong('ranges');
  if (max !== null && !Number.isSafeInteger(max)) throw wrong('ranges');
  return { min: min as number, max: Math.min((max as number | null) ?? largestSize, largestSize) };
}

/** Names and dtypes are what a signature allows. */
function checkNames(signature: unknown): asserts signature is Signature {
  try {
    checkSignature(signature);
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw wrong(what);
  return value;
}

function wrong(what: string) {
  return malformed(`${writtenKey} in its metadata without what is needed: ${what}`);
}
