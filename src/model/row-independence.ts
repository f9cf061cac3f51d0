import type { BoundArguments } from '../signature/bind.js';
import { withinBounds } from '../signature/example.js';
import { namesIn } from '../signature/expression.js';
import type { TensorSpec } from '../signature/spec.js';
import { isStringsSpec } from '../signature/strings.js';
import { symbolReader } from '../signature/symbols.js';
import { rowCount } from '../tensor/rows.js';
import { probeRows } from './row-probes.js';
import { RowCheck } from './row-trial.js';
import {
  leastRows,
  unasked,
  Verdict,
  type Examined,
  type RowVerdict,
  type RowCheckOptions,
  type Run,
} from './row-verdict.js';

/**
 * Whether dimension 0 of every tensor may vary, and nothing else with it: a size that follows from the rows of one call is another
 * where calls are put together. Where nobody says, it is tried.
 */
export function hasFreeBatch(inputs: readonly TensorSpec[]): boolean {
  const required = inputs.filter(({ optional }) => !optional);
  if (!required.every(({ shape }) => shape === null || shape[0] === null)) return false;
  const read = symbolReader(required);
  const sizes = required.flatMap(({ symbols = [] }) =>
    symbols.flatMap((symbol, axis) => (symbol === null ? [] : { size: read(symbol), isFirst: axis === 0 })),
  );
  const rows = new Set(sizes.flatMap(({ size, isFirst }) => (isFirst ? [...namesIn(size)] : [])));
  return sizes.every(
    ({ size, isFirst }) => (isFirst && size.kind === 'symbol') || ![...namesIn(size)].some((name) => rows.has(name)),
  );
}

/**
 * Whether each row of the output depends on its own row of the input alone, which is what batching needs: rows of other
 * scale, sign and order are run alone and then beside each other, and each must come out as it does alone.
 * @throws what is no refusal of an input: an abort, a model that was disposed, a lost device
 */
export async function checkRowIndependence(
  model: Examined,
  given: BoundArguments,
  run: Run,
  options: RowCheckOptions = {},
): Promise<RowVerdict> {
  if (model.info.stateful) return unasked('the model keeps state');
  const inputs = model.signature?.inputs.filter(({ optional }) => !optional) ?? [];
  if (inputs.some(isStringsSpec)) return unasked('strings are among the inputs, and batches are made of tensors');
  if (!hasFreeBatch(inputs)) return unasked('the batch dimension is fixed, or other sizes follow from it');
  if (inputs.some((spec) => leastRows !== withinBounds(spec, 0, leastRows) || 1 !== withinBounds(spec, 0, 1))) {
    return unasked(`the signature does not allow 1 to ${leastRows} rows`);
  }
  if (rowCount(given) === undefined) return unasked('the example has no rows that all tensor arguments agree on');
  const probes = await probeRows(given, (position) => model.forwardSpecs[position]?.range, {
    mayBeZero: model.survivesZero,
  });
  if (probes.length < 2) return unasked('the rows of the example do not differ, so that mixing them would not show');
  try {
    return await new RowCheck(model, run, options).ask(probes);
  } catch (error) {
    if (error instanceof Verdict) return error.verdict;
    throw error;
  }
}
