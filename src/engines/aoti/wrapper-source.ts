import type { DimensionBounds } from '../../signature/spec.js';
import { isDType } from '../../tensor/dtype.js';
import { namesOfLeaves, parseCallSpec } from '../../signature/pytree.js';
import { extentOf, largestSize, malformed, type Extent } from '../pt2/extent.js';
import { orderOf, type InputSpec, type PackageSpec } from './input-spec.js';

/**
 * The inputs as the wrapper's C++ source has them. PyTorch writes checks of dtype, sizes and strides into it that are
 * switched off when it runs; nothing else in a plain package says what its inputs are.
 * @throws ERR_MODEL_FORMAT when it reads otherwise than PyTorch 2.11 to 2.15 write it
 */
export function readWrapperSource(source: string): PackageSpec {
  const end = source.lastIndexOf('\n} // namespace torch::aot_inductor');
  if (end < 0 || source.lastIndexOf('AOTInductorModel::run_impl(') > end)
    throw malformed('no end of the wrapper’s source, which is empty or cut off');
  const names = [...source.matchAll(/inputs_info_\[(\d+)\]\.name = "(\w+)";/g)];
  const asserted = assertedShapes(source);
  const symbols = new Map<string, DimensionBounds>();
  const checks = names.map(([, index, name]) => readCheck(source, Number(index), String(name)));
  const inputs = checks.map((check, index) => toInput(check, asserted, checks, symbols, `input${index}`));
  const callSpec = /in_spec_ = R"\(([\s\S]*?)\)";/.exec(source)?.[1];
  const leaves = callSpec ? namesOfLeaves(parseCallSpec(callSpec), undefined) : [];
  return {
    inputs:
      leaves.length === inputs.length ? inputs.map((input, i) => ({ ...input, name: leaves[i] as string })) : inputs,
    symbols,
    outputs: undefined,
    parameters: undefined,
    constants: new Map(),
    results: new Map(),
    boundsAreInferred: symbols.size > 0,
    namesAreMadeUp: true,
    warnings: [
      'Names of inputs and shapes of outputs are not in the package; scripts/export/node_libtorch_export.py writes them into it',
    ],
  };
}

/** What the source says of one input: per dimension a size, or bounds. */
interface Check {
  readonly name: string;
  readonly dtype: string;
  readonly sizes: readonly (number | DimensionBounds)[];
}

function readCheck(source: string, index: number, name: string): Check {
  const body = new RegExp(`static void check_input_${index}\\([^)]*\\) \\{\\n([\\s\\S]*?)\\n\\}`).exec(source)?.[1];
  if (body === undefined) throw malformed(`no check of input ${index} in the wrapper's source`);
  const dtype = /aoti_torch_dtype_(\w+)\(\)/.exec(body)?.[1];
  if (!isDType(dtype)) throw malformed(`input ${index} of dtype ${dtype ?? 'unknown'}`);
  const sizes: (number | DimensionBounds)[] = [];
  for (const [, size, axis] of body.matchAll(/if \((\d+) != \w+_size\[(\d+)\]\)/g)) sizes[Number(axis)] = Number(size);
  for (const [, axis, sign, bound] of body.matchAll(/if \(\w+_size\[(\d+)\] ([<>]) (\d+)\)/g)) {
    const before = sizes[Number(axis)] as DimensionBounds | undefined;
    const { min, max } = before ?? { min: 0, max: largestSize };
    sizes[Number(axis)] =
      sign === '<' ? { min: Number(bound), max } : { min, max: Math.min(Number(bound), largestSize) };
  }
  // Every dimension has a check, or the rank would be unknown.
  const strides = [...body.matchAll(/_stride\[(\d+)\]/g)].map(([, axis]) => Number(axis) + 1);
  const rank = Math.max(0, sizes.length, ...strides);
  for (let axis = 0; axis < rank; ++axis) sizes[axis] ??= { min: 0, max: largestSize };
  return { name, dtype, sizes };
}

interface Shape {
  readonly sizes: readonly string[];
  readonly strides: readonly string[];
}

/** Sizes and strides as expressions, by the wrapper's own name of each input. */
function assertedShapes(source: string): Map<string, Shape> {
  const list = (text: string): string[] =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
  return new Map(
    [...source.matchAll(/assert_size_stride\((\w+), \{([^}]*)\}, \{([^}]*)\}, "input"\)/g)].map(
      ([, name, sizes, strides]) => [String(name), { sizes: list(String(sizes)), strides: list(String(strides)) }],
    ),
  );
}

function toInput(
  { name, dtype, sizes }: Check,
  asserted: ReadonlyMap<string, Shape>,
  checks: readonly Check[],
  symbols: Map<string, DimensionBounds>,
  own: string,
): InputSpec {
  const shape = asserted.get(name);
  if (shape && shape.sizes.length !== sizes.length) throw malformed(`two ranks of ${own} in the wrapper's source`);
  const extents = sizes.map((size, axis): Extent => {
    if (typeof size === 'number') return size;
    const extent = extentOf(shape?.sizes[axis] ?? symbolOfAxis(axis, asserted, checks));
    if (typeof extent === 'number') return extent;
    narrow(symbols, extent, size);
    return extent;
  });
  const order = shape ? orderOf(shape.sizes, shape.strides) : sizes.map((_, axis) => axis);
  return { name: own, dtype: dtype as InputSpec['dtype'], shape: extents, order };
}

/** Where the source does not say which sizes are equal, those of one dimension are taken to be: never too little. */
function symbolOfAxis(axis: number, asserted: ReadonlyMap<string, Shape>, checks: readonly Check[]): string {
  for (const { name, sizes } of checks) {
    const symbol = asserted.get(name)?.sizes[axis];
    if (symbol !== undefined && typeof sizes[axis] === 'object') return symbol;
  }
  return `axis${axis}`;
}

function narrow(
  symbols: Map<string, DimensionBounds>,
  { symbol, scale, offset }: Exclude<Extent, number>,
  own: DimensionBounds,
): void {
  // PyTorch compiles for sizes of at least 2 and writes that down even where 1 was allowed; code for 2 and more is right for 1.
  const written = Math.ceil((own.min - offset) / scale);
  const low = written === 2 ? 1 : written;
  const before = symbols.get(symbol) ?? { min: 0, max: largestSize };
  symbols.set(symbol, {
    min: Math.max(before.min, low),
    max: Math.min(before.max, Math.floor((own.max - offset) / scale)),
  });
}
