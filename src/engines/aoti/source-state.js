/**
 * Which constants the wrapper's C++ source writes to. PyTorch writes it line by line: a constant, or a view of one, is an
 * argument of a kernel (`const float*` where it is read, `float*` where it is written), of an operator of the C interface, or of
 * an operator that the loader calls for it. What is none of these counts as written to, and is named.
 */
import { Turns } from '../../async/turns.js';
import { functionBody } from './source-text.js';
/** Characters of a statement, and calls within calls in it. PyTorch writes a few hundred, and five or so. */
const [longest, deepest] = [16 * 1024, 64];
/** Characters around a name that say what is done with it. */
const near = 256;
/** Characters of a wrapper. Those of large models have two million. */
const longestSource = 16 * 2 ** 20;
/** Around a tensor in an argument: they change nothing of which tensor it is. */
const transparent = new Set([
    'wrap_with_raii_handle_if_needed',
    'reinterpret_tensor_wrapper',
    'temporary_reference',
    'borrow_arrayref_tensor_as_tensor',
    'RAIIAtenTensorHandle',
    'ConstantHandle',
    'AOTI_TORCH_ERROR_CODE_CHECK',
    'static_cast',
    'std::move',
]);
/** Operators of the C interface whose results are views of their first argument. */
const views = /^aoti_torch_(?:_reinterpret_tensor|assign_tensors_out|as_strided|new_tensor_handle|\w*?_?(?:view_dtype|view_as_real|view_as_complex|narrow|permute|slice_Tensor|squeeze_dim))$/;
/** Operators that write to arguments without saying so in their name. */
const silentWriters = /batch_norm|instance_norm|fused_moving_avg|_rrelu/;
/** Operators with `_out` that have one result, as LibTorch 2.11 to 2.15 have them in the C interface. */
const oneResult = /_(?:mm|addmm|bmm|baddbmm|randint_low|scatter\w*|index_put)_out(?:_v\d+)?$/;
/** What only asks about a tensor. */
const questions = /^(?:assert_\w+|check_\w+|AOTI_TORCH_CHECK|aoti_torch_(?:get|item|is|check|print|save|clone)\w*|steal_\w+|if|for|while)$/;
const read = { kind: 'read' };
const write = { kind: 'write' };
/**
 * In turns of the event loop: a large model's wrapper has a hundred thousand statements. What is longer or deeper than PyTorch
 * writes is `unknown`.
 * @param operators the names of those that the loader calls, by their place in the package's list
 */
export async function stateInSource(source, operators) {
    if (source.length > longestSource)
        return { kind: 'unknown' };
    const turns = new Turns();
    const body = functionBody(source);
    if (body === undefined)
        return { kind: 'unknown' };
    const parameters = parametersOf(source);
    const constants = new Map();
    for (const [, name] of body.matchAll(/auto& (\w+) = constants_->at\(\d+\)/g))
        constants.set(String(name), String(name));
    const statements = body
        .split(';')
        .filter((statement) => !statement.includes('constants_->at('))
        .map((statement) => statement.replace(/\s+/g, ' '));
    if (statements.some(({ length }) => length > longest))
        return { kind: 'unknown' };
    const written = new Set();
    const called = new Set();
    let unclear;
    // A view may be made in one round of a loop and used in the next.
    for (let round = 0; round < 2; ++round) {
        for (const statement of statements) {
            if (turns.isDue(statement.length))
                await turns.pause();
            const uses = usesIn(statement, constants);
            if (uses === undefined)
                return { kind: 'unknown' };
            for (const use of uses) {
                if (turns.isDue(near))
                    await turns.pause();
                const verdict = verdictOf(use, parameters);
                if (verdict.kind === 'write')
                    written.add(use.constant);
                if (verdict.kind === 'view')
                    for (const name of verdict.names)
                        constants.set(name, use.constant);
                if (verdict.kind === 'unclear')
                    unclear ??= `it hands its buffer ${use.constant} to ${verdict.what}`;
                if (verdict.kind === 'operator') {
                    const operator = operators[verdict.index];
                    const own = operator === undefined ? 'unclear' : ownOperator(operator);
                    if (own === 'write')
                        written.add(use.constant);
                    if (own === 'ask')
                        called.add(operator);
                    if (own === 'unclear')
                        unclear ??= `it hands its buffer ${use.constant} to an operator that is not named`;
                }
            }
        }
    }
    if (written.size > 0)
        return { kind: 'kept', reason: `it changes ${listed([...written])} when it runs` };
    if (unclear !== undefined)
        return { kind: 'kept', reason: `${unclear}, which may write to it` };
    return { kind: 'none', operators: [...called] };
}
export function listed(names) {
    const shown = names.slice(0, 8).join(', ');
    return `its buffer${names.length > 1 ? 's' : ''} ${shown}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`;
}
/** PyTorch's own operators end in an underscore where they write; what others write, their schema says. */
function ownOperator(name) {
    const [, space, operator, overload = ''] = /^(\w+)::(\w+)(?:\.(\w+))?$/.exec(name) ?? [];
    if (space !== 'aten' && space !== 'prims')
        return 'ask';
    const writes = /[^_]_$/.test(String(operator)) || /(?:^|_)out/.test(overload) || silentWriters.test(String(operator));
    return writes ? 'write' : 'read';
}
/** Of functions that the source defines: the names of their parameters. */
function parametersOf(source) {
    const found = new Map();
    for (const [, name, list] of source.matchAll(/\bvoid\s+(\w+)\(([^(){};]*)\)\s*[{;]/g)) {
        found.set(String(name), String(list)
            .split(',')
            .map((part) => /(\w+)\s*$/.exec(part)?.[1] ?? ''));
    }
    return found;
}
function usesIn(statement, constants) {
    const uses = [];
    const open = [];
    for (const { 0: token, index } of statement.matchAll(/[A-Za-z_]\w*|[(){}[\],]/g)) {
        if (/^[({[]$/.test(token)) {
            if (open.length === deepest)
                return undefined;
            open.push({ ...calleeOf(statement, index), index: 0 });
        }
        else if (/^[)}\]]$/.test(token)) {
            open.pop();
        }
        else if (token === ',') {
            const last = open.at(-1);
            if (last)
                ++last.index;
        }
        else {
            const constant = constants.get(token);
            if (constant === undefined)
                continue;
            const before = statement.slice(Math.max(0, index - near), index);
            const after = statement.slice(index + token.length, index + token.length + near);
            if (/(?:\.|->|::) ?$/.test(before))
                continue; // a member of something
            uses.push({ constant, statement, around: open.map((one) => ({ ...one })).reverse(), before, after });
        }
    }
    return uses;
}
/**
 * The function before an opening parenthesis, or the type that what is in it is cast to. It goes back from the parenthesis, over
 * nothing but the name, so that a statement of many is read once.
 */
function calleeOf(statement, at) {
    const back = (from, is) => {
        let start = from;
        while (start > 0 && is.test(statement[start - 1]))
            --start;
        return start;
    };
    let end = back(at, / /);
    const before = (start) => statement.slice(Math.max(0, start - near), start);
    if (statement[end - 1] === ')') {
        const window = statement.slice(Math.max(0, end - near), end - 1);
        const start = window.lastIndexOf('(');
        const type = window.slice(start + 1);
        if (start < 0 || !/^(?:const )?[\w: ]+\*$/.test(type))
            return { callee: '', before: before(end) };
        return { callee: `(${type})`, before: before(end - type.length - 2) };
    }
    if (statement[end - 1] === '>') {
        const window = statement.slice(Math.max(0, end - near), end - 1);
        const start = window.lastIndexOf('<');
        if (start >= 0 && !window.includes('>', start))
            end -= window.length - start + 1;
    }
    const start = back(end, /[\w:.]/);
    return { callee: statement.slice(start, end).replace(/^[^A-Za-z_]+/, ''), before: before(start) };
}
function verdictOf(use, parameters) {
    if (/^\.(?:reset|sizes|strides|dim|numel|dtype)\(/.test(use.after))
        return read;
    if (/\b(?:RAIIAtenTensorHandle|AtenTensorHandle|ConstantHandle)\s+$/.test(use.before))
        return read; // its declaration
    const cast = use.around.find(({ callee }) => callee.startsWith('('));
    if (cast)
        return cast.callee.startsWith('(const ') ? read : write;
    for (const { callee, index, before } of use.around) {
        if (callee === '' || transparent.has(callee) || /^std::(?:array|vector)$|\.(?:data|get|cbegin)$/.test(callee))
            continue;
        if (questions.test(callee))
            return read;
        if (/\b(?:RAIIAtenTensorHandle|ConstantHandle)\s+$/.test(before))
            return { kind: 'view', names: [callee] };
        if (callee === 'aoti_torch_proxy_executor_call_function') {
            const call = /aoti_torch_proxy_executor_call_function\(\s*\w+,\s*(\d+)/.exec(use.statement);
            return call ? { kind: 'operator', index: Number(call[1]) } : { kind: 'unclear', what: 'an operator' };
        }
        if (callee.startsWith('aoti_torch_'))
            return ofOperator(callee, index, use);
        return ofFunction(callee, index, parameters);
    }
    if (/^\s*(?:\.release\(\))?\s*$/.test(use.after) && /output_handles\s*\[/.test(use.statement))
        return read; // a copy is handed out
    const assigned = /(?:^|[{}\n;])\s*(?:const )?(?:auto&?&?|AtenTensorHandle|RAIIAtenTensorHandle|ConstantHandle)?\s*(\w+)\s*=[^=]/.exec(use.statement);
    if (assigned?.[1] !== undefined)
        return { kind: 'view', names: [assigned[1]] };
    return { kind: 'unclear', what: 'code that is not known' };
}
/**
 * Operators that end in `_`, or in `_out`, write to their first argument. One of the latter that is not known to have one result may
 * have others behind it: their names are not in the source.
 */
function ofOperator(callee, index, { statement }) {
    if (/_assign_tensors$/.test(callee)) {
        const target = /assign_tensors\([^,]*, ?(\w+)/.exec(statement)?.[1]; // which is the first from then on
        return index === 0 && target !== undefined ? { kind: 'view', names: [target] } : write;
    }
    if (/_out(?:_v\d+)?$/.test(callee) && !views.test(callee)) {
        if (index === 0)
            return write;
        return oneResult.test(callee) ? read : { kind: 'unclear', what: callee.slice(0, 64) };
    }
    if (views.test(callee))
        return { kind: 'view', names: [...statement.matchAll(/&(\w+)/g)].map(([, name]) => String(name)) };
    if (silentWriters.test(callee) || callee === 'aoti_torch_tensor_copy_')
        return write;
    return /[^_]_$/.test(callee) && index === 0 ? write : read;
}
/** Kernels of ours: what their parameter is called says what they do with it. */
function ofFunction(callee, index, parameters) {
    const parameter = parameters.get(callee.replace(/^.*\./, ''))?.[index] ?? '';
    if (/^in_ptr\d*$/.test(parameter))
        return read;
    if (/^(?:in_)?out_ptr\d*$/.test(parameter))
        return write;
    return { kind: 'unclear', what: callee.slice(0, 64) };
}
