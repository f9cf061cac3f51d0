import { largestSize } from './input-spec.js';
/** The ranges of symbols that an exported program declares; undefined for what is none. */
export function declaredBounds(program) {
    let parsed;
    try {
        parsed = JSON.parse(program.toString('utf8'));
    }
    catch {
        return undefined;
    }
    const declared = new Map();
    for (const [symbol, { min_val: min, max_val: max }] of Object.entries(Object(parsed?.range_constraints ?? {}))) {
        const [low, high] = [min ?? 0, max ?? largestSize];
        if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high))
            continue;
        declared.set(symbol, { min: Math.max(0, low), max: high });
    }
    return declared;
}
