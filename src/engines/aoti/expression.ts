import { torchError } from '../../errors.js';

/** The value of a size or stride as compiled code writes it: `4L`, `s37`, `2L*s37 + 1L`. */
export type SizesByName = (name: string) => number;

/** Deeper than any compiler nests; a package may hold anything, and each level is a call. */
const deepest = 64;

/**
 * Numbers, names, parentheses, +, - and *.
 * @throws ERR_MODEL_FORMAT for anything else
 */
export function evaluate(text: string, sizeOf: SizesByName): number {
  const tokens = text.match(/[A-Za-z_]\w*|\d+|\S/g) ?? [];
  let at = 0;
  let depth = 0;
  const sum = (): number => {
    let value = product();
    while (tokens[at] === '+' || tokens[at] === '-') value += tokens[at++] === '+' ? product() : -product();
    return value;
  };
  const product = (): number => {
    let value = factor();
    while (tokens[at] === '*') {
      ++at;
      value *= factor();
    }
    return value;
  };
  const factor = (): number => {
    if (++depth > deepest) throw unknown(text);
    const value = unit();
    --depth;
    return value;
  };
  const unit = (): number => {
    const token = tokens[at++] ?? '';
    if (token === '-') return -factor();
    if (token === '(') {
      const value = sum();
      if (tokens[at++] !== ')') throw unknown(text);
      return value;
    }
    if (/^\d+$/.test(token)) {
      if (/^[LlUu]+$/.test(tokens[at] ?? '')) ++at; // a C literal's suffix
      return Number(token);
    }
    if (/^[A-Za-z_]/.test(token)) return sizeOf(token);
    throw unknown(text);
  };
  const value = sum();
  if (at < tokens.length) throw unknown(text);
  return value;
}

/** The names in an expression. */
export function namesIn(text: string): string[] {
  const names = new Set<string>();
  evaluate(text, (name) => {
    names.add(name);
    return 1;
  });
  return [...names];
}

function unknown(text: string) {
  return torchError(
    'ERR_MODEL_FORMAT',
    `Expected sizes that are numbers, names, or sums and products of them, but the package has ${JSON.stringify(text.slice(0, 64))}; ` +
      'export the model with simpler dynamic shapes',
  );
}
