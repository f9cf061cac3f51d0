/**
 * Which constants the wrapper's C++ source writes to. PyTorch writes it line by line: a constant, or a view of one, is an
 * argument of a kernel (`const float*` where it is read, `float*` where it is written), of an operator of the C interface, or of
 * an operator that the loader calls for it. What is none of these counts as written to, and is named.
 */

import { functionBody } from './source-text.js';

/** What is known of a package's state before it is opened. */
export type PackageState =
  | {
      readonly kind: 'none';
      /** Operators that are no PyTorch's own and are given constants: their schema says whether they write to them. */
      readonly operators: readonly string[];
    }
  | { readonly kind: 'kept'; readonly reason: string }
  /** A run of a second copy shows it. */
  | { readonly kind: 'unknown' };

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
const views =
  /^aoti_torch_(?:_reinterpret_tensor|assign_tensors(?:_out)?|as_strided|new_tensor_handle|\w*?_?(?:view_dtype|view_as_real|view_as_complex|narrow|permute|slice_Tensor|squeeze_dim))$/;
/** Operators that write to arguments without saying so in their name. */
const silentWriters = /batch_norm|instance_norm|fused_moving_avg|_rrelu/;
/** What only asks about a tensor. */
const questions =
  /^(?:assert_\w+|check_\w+|AOTI_TORCH_CHECK|aoti_torch_(?:get|item|is|check|print|save|clone)\w*|steal_\w+|if|for|while)$/;

interface Enclosing {
  readonly callee: string;
  /** Which of its arguments. */
  readonly index: number;
  /** What stands before the callee. */
  readonly before: string;
}

/** A token that stands for a constant, as it is used once. */
interface Use {
  readonly constant: string;
  readonly statement: string;
  /** From the innermost to the outermost. */
  readonly around: readonly Enclosing[];
  readonly before: string;
  readonly after: string;
}

type Verdict =
  | { readonly kind: 'read' }
  | { readonly kind: 'write' }
  | { readonly kind: 'view'; readonly names: readonly string[] }
  | { readonly kind: 'operator'; readonly index: number }
  | { readonly kind: 'unclear'; readonly what: string };

const read: Verdict = { kind: 'read' };
const write: Verdict = { kind: 'write' };

/** @param operators the names of those that the loader calls, by their place in the package's list */
export function stateInSource(source: string, operators: readonly (string | undefined)[]): PackageState {
  const body = functionBody(source);
  if (body === undefined) return { kind: 'unknown' };
  const parameters = parametersOf(source);
  const constants = new Map<string, string>();
  for (const [, name] of body.matchAll(/auto& (\w+) = constants_->at\(\d+\)/g))
    constants.set(String(name), String(name));
  const statements = body.split(';').filter((statement) => !statement.includes('constants_->at('));
  const written = new Set<string>();
  const called = new Set<string>();
  let unclear: string | undefined;
  // A view may be made in one round of a loop and used in the next.
  for (let round = 0; round < 2; ++round) {
    for (const statement of statements) {
      for (const use of usesIn(statement, constants)) {
        const verdict = verdictOf(use, parameters);
        if (verdict.kind === 'write') written.add(use.constant);
        if (verdict.kind === 'view') for (const name of verdict.names) constants.set(name, use.constant);
        if (verdict.kind === 'unclear') unclear ??= `it hands its buffer ${use.constant} to ${verdict.what}`;
        if (verdict.kind === 'operator') {
          const operator = operators[verdict.index];
          const own = operator === undefined ? 'unclear' : ownOperator(operator);
          if (own === 'write') written.add(use.constant);
          if (own === 'ask') called.add(operator as string);
          if (own === 'unclear') unclear ??= `it hands its buffer ${use.constant} to an operator that is not named`;
        }
      }
    }
  }
  if (written.size > 0) return { kind: 'kept', reason: `it changes ${listed([...written])} when it runs` };
  if (unclear !== undefined) return { kind: 'kept', reason: `${unclear}, which may write to it` };
  return { kind: 'none', operators: [...called] };
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return `its buffer${names.length > 1 ? 's' : ''} ${shown}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`;
}

/** PyTorch's own operators end in an underscore where they write; what others write, their schema says. */
function ownOperator(name: string): 'read' | 'write' | 'ask' {
  const [, space, operator, overload = ''] = /^(\w+)::(\w+)(?:\.(\w+))?$/.exec(name) ?? [];
  if (space !== 'aten' && space !== 'prims') return 'ask';
  const writes = /[^_]_$/.test(String(operator)) || /(?:^|_)out/.test(overload) || silentWriters.test(String(operator));
  return writes ? 'write' : 'read';
}

/** Of functions that the source defines: the names of their parameters. */
function parametersOf(source: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [, name, list] of source.matchAll(/\bvoid\s+(\w+)\(([^(){};]*)\)\s*[{;]/g)) {
    found.set(
      String(name),
      String(list)
        .split(',')
        .map((part) => /(\w+)\s*$/.exec(part)?.[1] ?? ''),
    );
  }
  return found;
}

function* usesIn(statement: string, constants: ReadonlyMap<string, string>): Generator<Use> {
  const open: { callee: string; index: number; before: string }[] = [];
  for (const { 0: token, index } of statement.matchAll(/[A-Za-z_]\w*|[(){}[\],]/g)) {
    if (/^[({[]$/.test(token)) {
      open.push({ ...calleeOf(statement.slice(0, index)), index: 0 });
    } else if (/^[)}\]]$/.test(token)) {
      open.pop();
    } else if (token === ',') {
      const last = open.at(-1);
      if (last) ++last.index;
    } else {
      const constant = constants.get(token);
      if (constant === undefined) continue;
      const [before, after] = [statement.slice(0, index), statement.slice(index + token.length)];
      if (/(?:\.|->|::)\s*$/.test(before)) continue; // a member of something
      yield { constant, statement, around: open.map((one) => ({ ...one })).reverse(), before, after };
    }
  }
}

/** The function before an opening parenthesis, or the type that what is in it is cast to. */
function calleeOf(before: string): { callee: string; before: string } {
  const cast = /\(((?:const )?[\w: ]+\*)\)\s*$/.exec(before);
  if (cast) return { callee: `(${String(cast[1])})`, before: before.slice(0, cast.index) };
  const called = /([A-Za-z_][\w:.]*)(?:<[^<>;]*>)?\s*$/.exec(before);
  return called ? { callee: String(called[1]), before: before.slice(0, called.index) } : { callee: '', before };
}

function verdictOf(use: Use, parameters: ReadonlyMap<string, readonly string[]>): Verdict {
  if (/^\.(?:reset|sizes|strides|dim|numel|dtype)\(/.test(use.after)) return read;
  if (/\b(?:RAIIAtenTensorHandle|AtenTensorHandle|ConstantHandle)\s+$/.test(use.before)) return read; // its declaration
  const cast = use.around.find(({ callee }) => callee.startsWith('('));
  if (cast) return cast.callee.startsWith('(const ') ? read : write;
  for (const { callee, index, before } of use.around) {
    if (callee === '' || transparent.has(callee) || /^std::(?:array|vector)$|\.(?:data|get|cbegin)$/.test(callee))
      continue;
    if (questions.test(callee)) return read;
    if (/\b(?:RAIIAtenTensorHandle|ConstantHandle)\s+$/.test(before)) return { kind: 'view', names: [callee] };
    if (callee === 'aoti_torch_proxy_executor_call_function') {
      const call = /aoti_torch_proxy_executor_call_function\(\s*\w+,\s*(\d+)/.exec(use.statement);
      return call ? { kind: 'operator', index: Number(call[1]) } : { kind: 'unclear', what: 'an operator' };
    }
    if (callee.startsWith('aoti_torch_')) return ofOperator(callee, index, use);
    return ofFunction(callee, index, parameters);
  }
  if (/^\s*(?:\.release\(\))?\s*$/.test(use.after) && /output_handles\s*\[/.test(use.statement)) return read; // a copy is handed out
  const assigned =
    /(?:^|[{}\n;])\s*(?:const )?(?:auto&?&?|AtenTensorHandle|RAIIAtenTensorHandle|ConstantHandle)?\s*(\w+)\s*=[^=]/.exec(
      use.statement,
    );
  if (assigned?.[1] !== undefined) return { kind: 'view', names: [assigned[1]] };
  return { kind: 'unclear', what: 'code that is not known' };
}

/** Operators that end in `_out` write to their first argument (`out0`, `out1`, … where there are several), those that end in `_` too. */
function ofOperator(callee: string, index: number, { statement }: Use): Verdict {
  if (views.test(callee))
    return { kind: 'view', names: [...statement.matchAll(/&(\w+)/g)].map(([, name]) => String(name)) };
  if (silentWriters.test(callee)) return write;
  if (/^aoti_torch_(?:tensor_copy_|assign_tensors)$/.test(callee)) return write;
  const writesFirst = /[^_]_$/.test(callee) || /_out(?:_v\d+)?$/.test(callee);
  return writesFirst && index === 0 ? write : read;
}

/** Kernels of ours: what their parameter is called says what they do with it. */
function ofFunction(callee: string, index: number, parameters: ReadonlyMap<string, readonly string[]>): Verdict {
  const parameter = parameters.get(callee.replace(/^.*\./, ''))?.[index] ?? '';
  if (/^in_ptr\d*$/.test(parameter)) return read;
  if (/^(?:in_)?out_ptr\d*$/.test(parameter)) return write;
  return { kind: 'unclear', what: callee.slice(0, 64) };
}
