/**
 * Whether a largest size that the wrapper's source has is one that the exporter declared. PyTorch chooses the backend of a
 * convolution by whether there are 16 rows or more, and writes "at most 15" into the source although it runs with any number. A
 * size that was declared may keep the code's reads inside its tensors, though (a table of positions has an end), so the
 * bound is lifted only where no tensor of a fixed size is read at a place that depends on it.
 */

import type { DimensionBounds } from '../../signature/spec.js';
import { functionBody, listOf } from './source-text.js';

/** What is left by PyTorch's choice of a convolution's backend. */
const conjectured = 15;

/**
 * Symbols that may be any size.
 * @param sources the wrapper's, and those of its kernels
 * @param symbols with the bounds that the wrapper's source has
 */
export function liftedSymbols(sources: readonly string[], symbols: ReadonlyMap<string, DimensionBounds>): string[] {
  const source = sources.join('\n');
  const body = functionBody(source);
  if (body === undefined || !/aoti_torch_\w*convolution/.test(body)) return [];
  return [...symbols].flatMap(([symbol, { max }]) =>
    max === conjectured && isFree(symbol, body, source) ? [symbol] : [],
  );
}

function isFree(symbol: string, body: string, source: string): boolean {
  const mentions = (text: string): boolean => new RegExp(`\\b${symbol}\\b`).test(text);
  // Sizes that are no sums and products may have been simplified by the bound.
  if (body.split(';').some((line) => mentions(line) && /\bstd::(?:min|max)\b|\bc10::|[/%]/.test(line))) return false;
  const arrays = new Map<string, string>();
  for (const [, name, sizes] of body.matchAll(/int64_t (int_array_\d+)\[\] = \{([^}]*)\}/g))
    arrays.set(String(name), String(sizes));
  const varies = new Set<string>();
  for (const [, name, sizes] of body.matchAll(/assert_size_stride\((\w+), \{([^}]*)\}/g))
    if (mentions(String(sizes))) varies.add(String(name));
  for (const [, sizes, name] of body.matchAll(/aoti_torch_empty_strided\(\d+, (\w+), [^;]*&(\w+)_handle\)/g)) {
    if (mentions(arrays.get(String(sizes)) ?? '')) varies.add(String(name));
  }
  // Views and new names, in the order of the source.
  for (const [, name, base, sizes] of body.matchAll(
    /auto (\w+) = (?:std::move\(|wrap_with_raii_handle_if_needed\(reinterpret_tensor_wrapper\()(\w+)(?:, \d+, (\w+))?/g,
  )) {
    if (varies.has(String(base))) varies.add(String(name));
    else if (sizes !== undefined && mentions(arrays.get(sizes) ?? '')) return false; // a part of something fixed
  }
  for (const [, base, sizes] of body.matchAll(/reinterpret_tensor_wrapper\((\w+), \d+, (\w+)/g)) {
    if (!varies.has(String(base)) && mentions(arrays.get(String(sizes)) ?? '')) return false;
  }
  const kernels = [...body.matchAll(/\b(cpp_fused\w*)\(([^;]*)\);/g)];
  return kernels.every(([, name, args]) => {
    const given = listOf(String(args));
    if (!given.some(mentions)) return true;
    return readsWithin(source, String(name), given, mentions, varies);
  });
}

/** Whether a kernel reads and writes tensors of a fixed size at fixed places only. */
function readsWithin(
  source: string,
  kernel: string,
  given: readonly string[],
  mentions: (text: string) => boolean,
  varies: ReadonlySet<string>,
): boolean {
  const defined = new RegExp(`\\bvoid\\s+${kernel}\\(([^(){};]*)\\)\\s*\\{`).exec(source);
  if (!defined) return false; // its source is not in the package
  const rest = source.slice(defined.index + defined[0].length);
  const code = rest.slice(0, /^\}/m.exec(rest)?.index);
  const names = listOf(String(defined[1])).map((parameter) => /\w+$/.exec(parameter)?.[0] ?? '');
  const fixed = new Set<string>();
  const sizes = new Set<string>();
  for (const [i, argument] of given.entries()) {
    const tensor = /\((\w+)\.data_ptr\(\)\)$/.exec(argument)?.[1];
    const name = names[i] ?? '';
    if (tensor === undefined && mentions(argument)) sizes.add(name);
    if (tensor !== undefined && !varies.has(tensor)) fixed.add(name);
    if (tensor === undefined && !/^[\w\s+*-]+$/.test(argument)) return false;
  }
  for (const [, alias, name] of code.matchAll(/auto (\w+) = (\w+);/g))
    if (fixed.has(String(name))) fixed.add(String(alias));
  return usesWithin(code, fixed, sizes);
}

/** Walks through the loops of a kernel, whose variables have a place in its braces. */
function usesWithin(code: string, fixed: ReadonlySet<string>, sizes: ReadonlySet<string>): boolean {
  const variables: { name: string; depth: number; isFixed: boolean }[] = [];
  let depth = 0;
  const isFixed = (text: string): boolean =>
    [...text.replace(/static_cast<\w+>/g, '').matchAll(/[A-Za-z_]\w*/g)].every(([name]) => {
      if (name === 'L') return true;
      return variables.findLast((variable) => variable.name === name)?.isFixed === true;
    });
  const tokens =
    /for\s*\(\s*(?:int64_t|long)\s+(\w+)\s*=[^;]*;\s*\1\s*<\s*([^;]*);|[{}]|auto (?:\w+) = (?:\w+);|([A-Za-z_]\w*)\s*(\+|\[)\s*static_cast<int64_t>\(|([A-Za-z_]\w*)/g;
  for (const match of code.matchAll(tokens)) {
    const [token, variable, bound, indexed, , word] = match;
    if (token === '{') ++depth;
    else if (token === '}') {
      --depth;
      while ((variables.at(-1)?.depth ?? -1) > depth) variables.pop();
    } else if (variable !== undefined) {
      const names = [
        ...String(bound)
          .replace(/static_cast<\w+>/g, '')
          .matchAll(/[A-Za-z_]\w*/g),
      ].map(([name]) => name);
      if (names.some((name) => sizes.has(name)) && /::|\//.test(String(bound))) return false;
      variables.push({
        name: variable,
        depth: depth + 1,
        isFixed: isFixed(String(bound)) && !names.some((name) => sizes.has(name)),
      });
    } else if (indexed !== undefined && fixed.has(indexed)) {
      const start = match.index + token.length;
      if (!isFixed(code.slice(start, closing(code, start)))) return false;
    } else if (word !== undefined && fixed.has(word)) {
      return false; // used in a way that is not known
    }
  }
  return true;
}

/** Where the parenthesis that was opened before `start` is closed. */
function closing(code: string, start: number): number {
  let open = 1;
  let at = start;
  for (; at < code.length && open > 0; ++at) {
    if (code[at] === '(') ++open;
    if (code[at] === ')') --open;
  }
  return at - 1;
}
