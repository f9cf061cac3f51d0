/** The cases.json of a folder of fixtures: calls, and what Python answered. */
import { readFileSync } from 'node:fs';
import { decode } from './values.js';
import { fixture } from './paths.js';
export function recordedCases(folder) {
    const { cases } = JSON.parse(readFileSync(fixture(`${folder}/cases.json`), 'utf8'));
    return cases.map((written) => {
        const { name, file } = written;
        const calls = 'sequence' in written ? written.sequence : [written];
        return { name, file, calls: calls.map((call) => ('inputs' in call ? onnxCall(call) : torchCall(call))) };
    });
}
function torchCall({ method, args, kwargs, expected = null, tolerance = 0, error }) {
    const positional = args.map(decode);
    const ways = (names) => {
        if (!kwargs)
            return [positional];
        const own = [...new Set(names.map((name) => name.split('.')[0]))];
        return [{ ...Object.fromEntries(positional.map((value, i) => [own[i] ?? `#${i}`, value])), ...decodeAll(kwargs) }];
    };
    return { method, ways, expected: decode(expected), tolerance, ...(error !== undefined && { error }) };
}
function onnxCall({ inputs, outputs, tolerance = 0 }) {
    const named = decodeAll(inputs);
    const wanted = decodeAll(outputs);
    const [only, ...others] = Object.values(wanted);
    const expected = others.length === 0 ? only : wanted;
    return { method: 'forward', ways: () => [named, Object.values(named)], expected, tolerance };
}
function decodeAll(tensors) {
    return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, decode(tensor)]));
}
