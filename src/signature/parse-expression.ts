import { operationOf, unknownExpression, type Expression } from './expression.js';

/** Deeper than sizes of real models nest; a package may hold anything, and each level is a call. */
const deepest = 256;
const longest = 16 * 1024;

/**
 * What stands for something that is no plain name, such as `L['x'].size()[0]` in a guard.
 * @returns the name of a symbol, and how many tokens it took; undefined where it is none
 */
export type ReadName = (tokens: readonly string[], at: number) => readonly [name: string, taken: number] | undefined;

/**
 * Reads the expression of a size, or of a condition on sizes, in any of the three ways to write it.
 * @throws ERR_MODEL_FORMAT for anything else
 */
export function parseExpression(text: string, readName?: ReadName): Expression {
  if (text.length > longest) throw unknownExpression(text);
  return new Parser(text, readName).parse();
}

const call = (name: string, ...args: readonly Expression[]): Expression => ({
  kind: 'call',
  name: operationOf(name) ?? 'Identity',
  args,
});
const negated = (value: Expression): Expression =>
  value.kind === 'number' ? { kind: 'number', value: -value.value } : call('Mul', { kind: 'number', value: -1 }, value);

const comparisons: Readonly<Record<string, string>> = {
  '==': 'Eq',
  '!=': 'Ne',
  '<': 'Lt',
  '<=': 'Le',
  '>': 'Gt',
  '>=': 'Ge',
};
const products: Readonly<Record<string, string>> = { '*': 'Mul', '//': 'FloorDiv', '/': 'Divide', '%': 'Mod' };
const constants: Readonly<Record<string, number>> = {
  true: 1,
  True: 1,
  false: 0,
  False: 0,
  oo: Infinity,
  int_oo: Infinity,
};

class Parser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  readonly #readName: ReadName | undefined;
  #at = 0;
  #depth = 0;

  constructor(text: string, readName: ReadName | undefined) {
    this.#text = text;
    this.#tokens = text.match(/[A-Za-z_]\w*|\d+\.\d+|\d+|'[^']*'|"[^"]*"|\*\*|\/\/|[<>=!]=|\S/g) ?? [];
    this.#readName = readName;
  }

  parse(): Expression {
    const found = this.#either();
    if (this.#at < this.#tokens.length) throw this.#unknown();
    return found;
  }

  #unknown() {
    return unknownExpression(this.#text);
  }

  #next(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    ++this.#at;
    return true;
  }

  #require(token: string): void {
    if (!this.#next(token)) throw this.#unknown();
  }

  /** One level down, which is bounded. */
  #within(read: () => Expression): Expression {
    if (++this.#depth > deepest) throw this.#unknown();
    const value = read();
    --this.#depth;
    return value;
  }

  #either(): Expression {
    return this.#list('or', 'Or', () => this.#list('and', 'And', () => this.#negation()));
  }

  #list(word: string, name: string, read: () => Expression): Expression {
    const parts = [read()];
    while (this.#next(word)) parts.push(read());
    return parts.length === 1 ? (parts[0] as Expression) : call(name, ...parts);
  }

  #negation(): Expression {
    if (!this.#next('not')) return this.#comparison();
    return call(
      'Not',
      this.#within(() => this.#negation()),
    );
  }

  /** `a < b <= c` is `a < b and b <= c`. */
  #comparison(): Expression {
    const found: Expression[] = [];
    let left = this.#sum();
    const alone = left;
    for (;;) {
      const name = comparisons[this.#tokens[this.#at] ?? ''];
      if (name === undefined) break;
      ++this.#at;
      const right = this.#sum();
      found.push(call(name, left, right));
      left = right;
    }
    if (found.length === 0) return alone;
    return found.length === 1 ? (found[0] as Expression) : call('And', ...found);
  }

  #sum(): Expression {
    const parts = [this.#product()];
    for (;;) {
      if (this.#next('+')) parts.push(this.#product());
      else if (this.#next('-')) parts.push(negated(this.#product()));
      else return parts.length === 1 ? (parts[0] as Expression) : call('Add', ...parts);
    }
  }

  #product(): Expression {
    let value = this.#factor();
    for (;;) {
      const name = products[this.#tokens[this.#at] ?? ''];
      if (name === undefined) return value;
      ++this.#at;
      value = call(name, value, this.#factor());
    }
  }

  #factor(): Expression {
    return this.#within(() => {
      if (this.#next('-')) return negated(this.#factor());
      const value = this.#unit();
      return this.#next('**') ? call('Pow', value, this.#factor()) : value;
    });
  }

  #unit(): Expression {
    const special = this.#readName?.(this.#tokens, this.#at);
    if (special) {
      this.#at += special[1];
      return { kind: 'symbol', name: special[0] };
    }
    const token = this.#tokens[this.#at++] ?? '';
    if (token === '(') {
      const value = this.#either();
      this.#require(')');
      return value;
    }
    if (/^\d/.test(token)) {
      if (/^[LlUu]+$/.test(this.#tokens[this.#at] ?? '')) ++this.#at; // a C literal's suffix
      return { kind: 'number', value: Number(token) };
    }
    if (!/^[A-Za-z_]/.test(token)) throw this.#unknown();
    let name = token;
    while (this.#tokens[this.#at] === '.' && /^[A-Za-z_]/.test(this.#tokens[this.#at + 1] ?? '')) {
      name += `.${this.#tokens[this.#at + 1]}`;
      this.#at += 2;
    }
    if (this.#next('(')) return this.#call(name);
    const value = Object.hasOwn(constants, name) ? constants[name] : undefined;
    return value === undefined ? { kind: 'symbol', name } : { kind: 'number', value };
  }

  /** What stands in the parentheses of a function. Assumptions (`positive=True`) say nothing of its value. */
  #call(name: string): Expression {
    if (name === 'Symbol' || name === 'Dummy') return this.#symbol();
    const operation = operationOf(name);
    if (operation === undefined) throw this.#unknown();
    const args: Expression[] = [];
    while (!this.#next(')')) {
      if (args.length > 0) this.#require(',');
      const text =
        name === 'Float' ? /^'(-?[\d.]+(?:e[+-]?\d+)?)'$/.exec(this.#tokens[this.#at] ?? '')?.[1] : undefined;
      if (text !== undefined) ++this.#at;
      args.push(text === undefined ? this.#within(() => this.#either()) : { kind: 'number', value: Number(text) });
      if (name === 'Float') this.#assumptions();
    }
    if (args.length === 0) throw this.#unknown();
    const [only] = args;
    if (operation === 'Identity' && only && args.length === 1) return only;
    return { kind: 'call', name: operation, args };
  }

  #symbol(): Expression {
    const name = /^(['"])([A-Za-z_]\w*)\1$/.exec(this.#tokens[this.#at++] ?? '')?.[2];
    if (name === undefined) throw this.#unknown();
    this.#assumptions();
    this.#require(')');
    return { kind: 'symbol', name };
  }

  #assumptions(): void {
    while (this.#tokens[this.#at] === ',' && this.#tokens[this.#at + 2] === '=') this.#at += 4;
  }
}
