/**
 * Whether compiled code draws random numbers, by its wrapper's C++ source, or by the names that its library takes from LibTorch,
 * and by the list of operators that the loader calls.
 */
import { functionBody } from './source-text.js';
/** Of PyTorch's operators those that draw, without what tells their variants apart (`_`, `_like`, `_out`, …). */
const drawing = '(?:rand|randn|randint|randperm|random|bernoulli|multinomial|binomial|normal|log_normal|uniform|exponential|geometric|cauchy|poisson|_standard_gamma|_sample_dirichlet|native_dropout|_fused_dropout|alpha_dropout|feature_dropout|feature_alpha_dropout|dropout)';
const called = new RegExp(`\\baoti_torch_(?:cpu|cuda|mps|xpu)_(${drawing}(?:_\\w*)?)\\(`, 'g');
const imported = new RegExp(`\\0aoti_torch_(?:cpu|cuda|mps|xpu)_(${drawing}(?:_\\w*)?)(?=\\0)`, 'g');
const listed = new RegExp(`^(?:aten|prims)::${drawing}_?(?:_\\w*)?(?:\\.\\w*)?$`);
/** Kernels that draw for themselves begin with seeds that this operator draws. */
const seeds = 'randint_low_out';
/** Of the beginning of a library: the names that it takes from others stand in front of its code. */
export const symbolBytes = 2 ** 20;
/** @param operators the names of those that the loader calls; undefined for one that has none */
export function randomnessIn(source, operators) {
    const body = functionBody(source) ?? '';
    return randomnessOfCalls([...body.matchAll(called)].map(([, name]) => String(name)), operators, body);
}
/** As randomnessIn, of a package without its source. @param head the first `symbolBytes` of its library */
export function randomnessInLibrary(head, operators) {
    return randomnessOfCalls([...head.toString('latin1').matchAll(imported)].map(([, name]) => String(name)), operators, '');
}
function randomnessOfCalls(calls, operators, body) {
    const drops = calls.some((name) => name.includes('dropout')) || (calls.includes(seeds) && dropsInKernel(body));
    const names = new Set([
        ...calls.map((name) => (name === seeds ? 'seeds of its kernels' : `aten::${name}`)),
        ...operators.filter((name) => name !== undefined && listed.test(name)),
    ]);
    if (names.size === 0)
        return { random: false, warnings: [] };
    return {
        random: true,
        warnings: [
            drops
                ? 'The package drops values at random, as in training (dropout): equal inputs give different answers. Call model.eval() before you export it'
                : `The model draws random numbers (${[...names].slice(0, 8).join(', ')}): equal inputs give different answers unless runtime.manualSeed() fixes the generator`,
        ],
    };
}
/** Kernels are called what they were fused from; an export of a model in eval mode has no dropout left. */
function dropsInKernel(body) {
    return /\b(?:cpp|triton)_\w*dropout\w*\(/.test(body);
}
