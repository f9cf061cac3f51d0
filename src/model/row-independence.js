import { withinBounds } from '../signature/example.js';
import { isStringsSpec } from '../signature/strings.js';
import { rowCount } from '../tensor/rows.js';
import { probeRows } from './row-probes.js';
import { RowCheck } from './row-trial.js';
import { leastRows, unasked, Verdict, } from './row-verdict.js';
/** Whether dimension 0 of every tensor may vary. Where nobody says, it is tried. */
export function hasFreeBatch(inputs) {
    return inputs.every(({ shape, optional }) => optional || shape === null || shape[0] === null);
}
/**
 * Whether each row of the output depends on its own row of the input alone, which is what batching needs: rows of other
 * scale, sign and order are run alone and then beside each other, and each must come out as it does alone.
 * @throws what is no refusal of an input: an abort, a model that was disposed, a lost device
 */
export async function checkRowIndependence(model, given, run, options = {}) {
    if (model.info.stateful)
        return unasked('the model keeps state');
    const inputs = model.signature?.inputs.filter(({ optional }) => !optional) ?? [];
    if (inputs.some(isStringsSpec))
        return unasked('strings are among the inputs, and batches are made of tensors');
    if (!hasFreeBatch(inputs))
        return unasked('the batch dimension is fixed');
    if (inputs.some((spec) => leastRows !== withinBounds(spec, 0, leastRows) || 1 !== withinBounds(spec, 0, 1))) {
        return unasked(`the signature does not allow 1 to ${leastRows} rows`);
    }
    if (rowCount(given) === undefined)
        return unasked('the example has no rows that all tensor arguments agree on');
    const probes = await probeRows(given, (position) => model.forwardSpecs[position]?.range, {
        mayBeZero: model.survivesZero,
    });
    if (probes.length < 2)
        return unasked('the rows of the example do not differ, so that mixing them would not show');
    try {
        return await new RowCheck(model, run, options).ask(probes);
    }
    catch (error) {
        if (error instanceof Verdict)
            return error.verdict;
        throw error;
    }
}
