/** As formatShape, with the names and bounds of free dimensions: `[batch 1..64, 784]`. */
export function formatSpecShape({ shape, bounds, symbols }) {
    if (!shape)
        return 'of any shape';
    const dimensions = shape.map((size, axis) => {
        if (size !== null)
            return String(size);
        const bound = bounds?.[axis];
        const range = bound ? `${bound.min}..${bound.max === Infinity ? '' : bound.max}` : '';
        return [symbols?.[axis] ?? '', range].filter((part) => part !== '').join(' ') || '?';
    });
    return `[${dimensions.join(', ')}]`;
}
/** `float32 [batch, 784] from 0 to 1`, or the type of what is no tensor. */
export function describeSpec(spec) {
    const { dtype, range, type } = spec;
    const isKnown = dtype !== null || spec.shape !== null;
    const isStrings = type !== undefined && /^(?:List\[)*str\]*$/.test(type) && spec.shape !== null;
    const tensor = isKnown ? `${dtype ?? 'any dtype'} ${formatSpecShape(spec)}` : 'tensor of any dtype and shape';
    const what = isStrings
        ? `${type} ${formatSpecShape(spec)}`
        : type === undefined
            ? tensor
            : isKnown
                ? `${type}, ${tensor}`
                : type;
    return `${what}${range ? ` from ${range[0]} to ${range[1]}` : ''}${spec.optional ? ', optional' : ''}`;
}
