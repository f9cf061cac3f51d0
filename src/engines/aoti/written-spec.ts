import { checkSignature } from '../../signature/check.js';
import type { DimensionBounds, Signature, TensorSpec } from '../../signature/spec.js';
import { boundsOf, extentOf, isPlain, largestSize, malformed, type Extent } from '../pt2/extent.js';
import type { InputSpec, PackageSpec, PlainResult } from './input-spec.js';

/** The member of a package's metadata that scripts/export/node_libtorch_export.py writes. */
export const writtenKey = 'NODE_LIBTORCH_SIGNATURE';

type Written = Readonly<Record<string, unknown>>;

/** @throws ERR_MODEL_FORMAT for what that script does not write */
export function readWrittenSpec(json: string): PackageSpec {
  const written = readWritten(json);
  const inputs = list(written.inputs, 'inputs').map(toInput);
  const symbols = new Map(
    Object.entries((written.symbols ?? {}) as Written).map(([name, range]) => [name, toBounds(range)]),
  );
  const outputs = list(written.outputs, 'outputs').map((output) => toOutput(output, symbols));
  checkNames({ inputs: inputs.map(({ name, dtype }) => ({ name, dtype, shape: [] })), outputs });
  const parameters = list(written.parameters, 'parameters').map((name) => {
    if (typeof name !== 'string') throw wrong('names of parameters');
    return name;
  });
  const constants = new Map(
    Object.entries((written.constants ?? {}) as Record<string, string | number | boolean | null>).map(
      ([leaf, value]) => [Number(leaf), value],
    ),
  );
  const results = new Map(
    list(written.outputs, 'outputs').flatMap((output, leaf) => {
      const { type, value } = output as { type?: string; value?: unknown };
      return type === undefined ? [] : [[leaf, { value: toResult(type, value) }] as const];
    }),
  );
  return {
    ...{ inputs, symbols, outputs, parameters, constants, results },
    boundsAreInferred: false,
    namesAreMadeUp: false,
    warnings: [],
  };
}

/**
 * Names of the buffers that forward changes; undefined where an older exporter did not write them.
 * @throws ERR_MODEL_FORMAT
 */
export function writtenState(json: string): readonly string[] | undefined {
  const { mutates } = readWritten(json);
  if (mutates === undefined) return undefined;
  return list(mutates, 'names of buffers').map((name) => {
    if (typeof name !== 'string') throw wrong('names of buffers');
    return name;
  });
}

function readWritten(json: string): Written {
  let written: Written;
  try {
    written = JSON.parse(json) as Written;
  } catch {
    throw wrong('JSON');
  }
  if (typeof written !== 'object' || (written as unknown) === null || written.version !== 1) throw wrong('version 1');
  return written;
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

function toOutput(output: unknown, symbols: PackageSpec['symbols']): TensorSpec {
  const { name, dtype, shape, type } = (output ?? {}) as Written;
  if (type !== undefined) return { name: name as string, dtype: null, shape: null, type: typeOf(type) };
  const extents = list(shape, 'a shape').map((size) => (typeof size === 'string' ? outputExtent(size) : size));
  const known = extents.map((extent) => (typeof extent === 'object' ? (extent as Extent | null) : null));
  const bounds = known.map((extent) => (extent === null ? null : boundsOf(extent, symbols)));
  return {
    name: name as string,
    dtype: dtype as TensorSpec['dtype'],
    shape: extents.map((extent) => (typeof extent === 'object' ? null : (extent as number))),
    ...(bounds.some((bound) => bound !== null) && { bounds }),
    ...(known.some((extent) => extent !== null && isPlain(extent)) && {
      symbols: known.map((extent) => (extent !== null && isPlain(extent) ? extent.symbol : null)),
    }),
  };
}

/** Null for a size that depends on others in another way: nothing is checked by it. */
function outputExtent(text: string): Extent | null {
  try {
    return extentOf(text);
  } catch {
    return null;
  }
}

/** TorchScript's names of what the exporter writes for results that are no tensors. */
const types: Readonly<Record<string, string>> = { None: 'NoneType', int: 'int', bool: 'bool' };

function typeOf(type: unknown): string {
  const known = Object.hasOwn(types, String(type)) ? types[String(type)] : undefined;
  if (known === undefined) throw wrong('types of results');
  return known;
}

function toResult(type: string, value: unknown): PlainResult['value'] {
  if (type === 'None') return null;
  if (value === undefined || Number.isSafeInteger(value) || typeof value === 'boolean')
    return value as number | boolean | undefined;
  throw wrong('results');
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
