/**
 * Whether a largest size that the wrapper's source has is one that the exporter declared. PyTorch chooses the backend of a
 * convolution by whether there are 16 rows or more, and writes "at most 15" into the source although it runs with any number. A
 * size that was declared may keep the code's reads inside its tensors, though (a table of positions has an end), so the
 * bound is lifted only where no tensor of a fixed size is read at a place that depends on it.
 */
import { Turns } from '../../async/turns.js';
import { functionBody, listOf } from './source-text.js';
/** What is left by PyTorch's choice of a convolution's backend. */
const conjectured = 15;
/** Calls that may be given a size: PyTorch's operators, which check their tensors, and what stands around tensors in their arguments. */
const known = /^(?:AOTI_TORCH_ERROR_CODE_CHECK|aoti_torch_empty_strided|aoti_torch_cpu_\w+|wrap_with_raii_handle_if_needed|reinterpret_tensor_wrapper|temporary_reference|static_cast|array|data|get|cbegin)$/;
const kernelCall = /^(?:kernels\.)?(cpp_fused\w*)\(([^;]*)\)$/;
const viewed = /^auto \w+ = (?:std::move\(|wrap_with_raii_handle_if_needed\(reinterpret_tensor_wrapper\()/;
/** A longer one is none that PyTorch writes. */
const longest = 16 * 1024;
/** Each is looked for in all of the source. */
const mostSymbols = 16;
/**
 * Symbols that may be any size.
 * @param sources the wrapper's, and those of its kernels
 * @param symbols with the bounds that the wrapper's source has
 * @param device that the package is for: kernels of others than the CPU are not in their source in a form that is read here
 */
export async function liftedSymbols(sources, symbols, device) {
    const conjecturedOnes = [...symbols].filter(([, { max }]) => max === conjectured);
    if (device !== 'cpu' || conjecturedOnes.length === 0)
        return [];
    const source = sources.join('\n');
    const body = functionBody(source);
    if (body === undefined || !/aoti_torch_\w*convolution/.test(body))
        return [];
    const statements = body
        .slice(body.indexOf('{') + 1)
        .split(';')
        .map((statement) => statement.replace(/\s+/g, ' ').replace(/^[ {}]+/, ''));
    if (statements.some(({ length }) => length > longest))
        return [];
    const lifted = [];
    for (const [symbol] of conjecturedOnes.slice(0, mostSymbols))
        if (await isFree(symbol, statements, source))
            lifted.push(symbol);
    return lifted;
}
/** Names that stand for the symbol, or for something that is computed from it. */
async function aliasesOf(symbol, statements, turns) {
    const aliases = new Set([symbol]);
    const declared = /^(?:static |constexpr |const |\[\[maybe_unused\]\] )*[\w:]+&? (\w+)(?:\[\])?(?: = | ?[{(])(.*)$/;
    const size = statements
        .map((statement) => declared.exec(statement))
        .find((declaration) => declaration?.[1] === symbol)?.[2];
    for (const statement of statements) {
        if (turns.isDue(statement.length))
            await turns.pause();
        const [, name, value] = declared.exec(statement) ?? [];
        if (name === undefined || value === undefined || viewed.test(statement))
            continue;
        if (value === size || mentionsOf(aliases)(value))
            aliases.add(name);
    }
    return aliases;
}
function mentionsOf(names) {
    return (text) => text.match(/[A-Za-z_]\w*/g)?.some((word) => names.has(word)) === true;
}
async function isFree(symbol, statements, source) {
    const turns = new Turns();
    const mentions = mentionsOf(await aliasesOf(symbol, statements, turns));
    const arrays = new Map();
    const varies = new Set();
    const inputs = new Set();
    const isVarying = (array) => mentions(arrays.get(String(array)) ?? '');
    const calls = [];
    for (const statement of statements) {
        if (turns.isDue(statement.length))
            await turns.pause();
        const array = /^(?:static )?const(?:expr)? int64_t (int_array_\d+)\[\] = \{([^}]*)\}$/.exec(statement);
        if (array)
            arrays.set(String(array[1]), String(array[2]));
        const input = /^auto (\w+) = std::move\(inputs\[\d+\]\)$/.exec(statement);
        if (input)
            inputs.add(String(input[1]));
        const asserted = /assert_size_stride\((\w+), \{([^}]*)\}/.exec(statement);
        if (asserted && mentions(String(asserted[2])))
            varies.add(String(asserted[1]));
        const empty = /aoti_torch_empty_strided\(\d+, (\w+), .*&(\w+)_handle\)/.exec(statement);
        if (empty && isVarying(empty[1]))
            varies.add(String(empty[2]));
        // Views and new names, in the order of the source.
        const view = /^auto (\w+) = (?:std::move\(|wrap_with_raii_handle_if_needed\(reinterpret_tensor_wrapper\()(\w+)/.exec(statement);
        if (view && varies.has(String(view[2])))
            varies.add(String(view[1]));
        for (const [, base, part] of statement.matchAll(/reinterpret_tensor_wrapper\((\w+),([^()]*)\)/g))
            if (!varies.has(String(base)) && mentions(String(part)))
                return false; // a part of something fixed
        const asked = /(\w+)\.(?:sizes|strides|numel)\(|aoti_torch_get_(?:size|stride|numel)\w*\((\w+)/.exec(statement);
        const about = asked?.[1] ?? asked?.[2];
        if (about !== undefined && varies.has(about) && !inputs.has(about))
            return false; // a size under a name that is not followed
        const call = kernelCall.exec(statement);
        if (call)
            calls.push([String(call[1]), String(call[2])]);
        else if (mentions(statement) && !isHarmless(statement))
            return false;
    }
    const kernels = new Map();
    for (const match of source.matchAll(/\bvoid\s+(cpp_fused\w*)\(([^(){};]*)\)\s*\{/g)) {
        const start = match.index + match[0].length;
        const end = source.indexOf('\n}', start);
        kernels.set(String(match[1]), {
            parameters: String(match[2]),
            code: source.slice(start, end < 0 ? undefined : end + 1),
        });
    }
    for (const [name, args] of calls) {
        const given = listOf(args);
        if (!given.some(mentions))
            continue;
        const kernel = kernels.get(name);
        if (!kernel)
            return false; // its source is not in the package
        if (turns.isDue(kernel.code.length))
            await turns.pause();
        if (!readsWithin(kernel, given, mentions, varies))
            return false;
    }
    return true;
}
/** Whether a statement that mentions a size, and calls no kernel, is one that is known to read nothing at a place that depends on it. */
function isHarmless(statement) {
    // Sizes that are no sums and products may have been simplified by the bound.
    if (/\bstd::(?:min|max)\b|\bc10::|[/%]/.test(statement))
        return false;
    if (/^if \(_check_aoti_runtime_check_inputs_env\(\)\) \{ assert_size_stride\([^()]*\)$/.test(statement))
        return true;
    if (/^assert_size_stride\([^()]*\)$/.test(statement))
        return true;
    // A declaration of a size.
    if (/^(?:static |constexpr |const )*(?:int64_t|auto) \w+(?:\[\])? = [\w\s{},+*[\]-]+$/.test(statement))
        return true;
    if (!viewed.test(statement) && !/^(?:AOTI_TORCH_ERROR_CODE_CHECK\()?aoti_torch_/.test(statement))
        return false;
    return [...statement.matchAll(/([A-Za-z_]\w*)(?:<[^<>]*>)?(?:\{[^{}]*\})? ?\(/g)].every(([call, name]) => known.test(String(name)) || call.startsWith('move('));
}
/** Whether a kernel reads and writes tensors of a fixed size at fixed places only. */
function readsWithin({ parameters, code }, given, mentions, varies) {
    const names = listOf(parameters).map((parameter) => /\w+$/.exec(parameter)?.[0] ?? '');
    const fixed = new Set();
    const sizes = new Set();
    for (const [i, argument] of given.entries()) {
        const tensor = /\((\w+)\.data_ptr\(\)\)$/.exec(argument)?.[1];
        const name = names[i] ?? '';
        if (tensor === undefined && mentions(argument))
            sizes.add(name);
        if (tensor !== undefined && !varies.has(tensor))
            fixed.add(name);
        if (tensor === undefined && !/^[\w\s+*-]+$/.test(argument))
            return false;
    }
    for (const [, alias, name] of code.matchAll(/auto (\w+) = (\w+);/g))
        if (fixed.has(String(name)))
            fixed.add(String(alias));
    return usesWithin(code, fixed, sizes);
}
/** Walks through the loops of a kernel, whose variables have a place in its braces. */
function usesWithin(code, fixed, sizes) {
    const variables = [];
    let depth = 0;
    const isFixed = (text) => [...text.replace(/static_cast<\w+>/g, '').matchAll(/[A-Za-z_]\w*/g)].every(([name]) => {
        if (name === 'L')
            return true;
        return variables.findLast((variable) => variable.name === name)?.isFixed === true;
    });
    const tokens = /for\s*\(\s*(?:int64_t|long)\s+(\w+)\s*=[^;]*;\s*\1\s*<\s*([^;]*);|[{}]|auto (?:\w+) = (?:\w+);|([A-Za-z_]\w*)\s*(\+|\[)\s*static_cast<int64_t>\(|([A-Za-z_]\w*)/g;
    for (const match of code.matchAll(tokens)) {
        const [token, variable, bound, indexed, , word] = match;
        if (token === '{')
            ++depth;
        else if (token === '}') {
            --depth;
            while ((variables.at(-1)?.depth ?? -1) > depth)
                variables.pop();
        }
        else if (variable !== undefined) {
            const names = [
                ...String(bound)
                    .replace(/static_cast<\w+>/g, '')
                    .matchAll(/[A-Za-z_]\w*/g),
            ].map(([name]) => name);
            if (names.some((name) => sizes.has(name)) && /::|\//.test(String(bound)))
                return false;
            variables.push({
                name: variable,
                depth: depth + 1,
                isFixed: isFixed(String(bound)) && !names.some((name) => sizes.has(name)),
            });
        }
        else if (indexed !== undefined && fixed.has(indexed)) {
            const start = match.index + token.length;
            if (!isFixed(code.slice(start, closing(code, start))))
                return false;
        }
        else if (word !== undefined && fixed.has(word)) {
            return false; // used in a way that is not known
        }
    }
    return true;
}
/** Where the parenthesis that was opened before `start` is closed. */
function closing(code, start) {
    let open = 1;
    let at = start;
    for (; at < code.length && open > 0; ++at) {
        if (code[at] === '(')
            ++open;
        if (code[at] === ')')
            --open;
    }
    return at - 1;
}
