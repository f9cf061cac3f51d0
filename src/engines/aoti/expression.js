import { torchError } from '../../errors.js';
/** Deeper than any compiler nests; a package may hold anything, and each level is a call. */
const deepest = 64;
/**
 * Numbers, names, parentheses, +, - and *.
 * @throws ERR_MODEL_FORMAT for anything else
 */
export function evaluate(text, sizeOf) {
    const tokens = text.match(/[A-Za-z_]\w*|\d+|\S/g) ?? [];
    let at = 0;
    let depth = 0;
    const sum = () => {
        let value = product();
        while (tokens[at] === '+' || tokens[at] === '-')
            value += tokens[at++] === '+' ? product() : -product();
        return value;
    };
    const product = () => {
        let value = factor();
        while (tokens[at] === '*') {
            ++at;
            value *= factor();
        }
        return value;
    };
    const factor = () => {
        if (++depth > deepest)
            throw unknown(text);
        const value = unit();
        --depth;
        return value;
    };
    const unit = () => {
        const token = tokens[at++] ?? '';
        if (token === '-')
            return -factor();
        if (token === '(') {
            const value = sum();
            if (tokens[at++] !== ')')
                throw unknown(text);
            return value;
        }
        if (/^\d+$/.test(token)) {
            if (/^[LlUu]+$/.test(tokens[at] ?? ''))
                ++at; // a C literal's suffix
            return Number(token);
        }
        if (/^[A-Za-z_]/.test(token))
            return sizeOf(token);
        throw unknown(text);
    };
    const value = sum();
    if (at < tokens.length)
        throw unknown(text);
    return value;
}
/** The names in an expression. */
export function namesIn(text) {
    const names = new Set();
    evaluate(text, (name) => {
        names.add(name);
        return 1;
    });
    return [...names];
}
function unknown(text) {
    return torchError('ERR_MODEL_FORMAT', `Expected sizes that are numbers, names, or sums and products of them, but the package has ${JSON.stringify(text.slice(0, 64))}; ` +
        'export the model with simpler dynamic shapes');
}
