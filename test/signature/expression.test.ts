import { expect } from 'chai';
import { evaluate, formatExpression, intervalOf, linear, namesIn } from '#dist/signature/expression.js';
import { parseExpression } from '#dist/signature/parse-expression.js';
import { rejection } from '../support/errors.js';

const value = (text: string, sizes: Readonly<Record<string, number>> = {}): number =>
  evaluate(parseExpression(text), (name) => sizes[name] ?? NaN);

describe('expressions of sizes', () => {
  it('are read as compiled code, sympy and Python write them', () => {
    expect(value('4L')).to.equal(4);
    expect(value('2L*s37 + (1L - s1)*3L', { s37: 10, s1: 2 })).to.equal(17);
    const s = "Symbol('s77', positive=True, integer=True)";
    expect(value(`Add(Mul(Integer(2), ${s}), Integer(-1))`, { s77: 5 })).to.equal(9);
    expect(value(`Add(FloorDiv(Add(${s}, Integer(-1)), Integer(2)), Integer(1))`, { s77: 8 })).to.equal(4);
    expect(value(`Max(Integer(2), Min(Integer(5), ${s}))`, { s77: 9 })).to.equal(5);
    expect(value(`Mul(Rational(1, 2), Pow(${s}, Integer(2)))`, { s77: 4 })).to.equal(8);
    expect(value(`ModularIndexing(${s}, Integer(2), Integer(3))`, { s77: 11 })).to.equal(2);
    expect(value("Mul(Float('0.5', precision=53), Symbol('z', integer=True))", { z: 6 })).to.equal(3);
    expect(value(`CeilToInt(IntTrueDiv(${s}, Integer(3)))`, { s77: 7 })).to.equal(3);
    expect(value('-7 // 2')).to.equal(-4);
    expect(value('-7 % 3')).to.equal(2);
    expect(value('2**3**2')).to.equal(512);
    expect(value('torch.sym_max(1, n) * 2', { n: 4 })).to.equal(8);
  });

  it('are conditions, too', () => {
    expect(value('a >= 0 and a <= b', { a: 3, b: 3 })).to.equal(1);
    expect(value('0 < a < 3', { a: 3 })).to.equal(0);
    expect(value('not a == 1 or b != 2', { a: 1, b: 2 })).to.equal(0);
    expect(value("Unequality(Symbol('a'), Integer(1))", { a: 1 })).to.equal(0);
  });

  it('are refused when they are anything else, or nest without end', async () => {
    for (const text of [
      ...[
        '',
        's0 +',
        '(s0',
        's0 s1',
        "open('/etc/passwd')",
        '__import__',
        'a.b.c(1)',
        "Symbol('a b')",
        'Integer()',
        '1 ? 2',
      ],
      ...[
        '-'.repeat(1e4) + '1',
        '('.repeat(1e4),
        'Add('.repeat(1000),
        `${'('.repeat(60)}1${')'.repeat(60)}*-`,
        'a'.repeat(1e6),
      ],
    ].filter((text) => text !== '__import__')) {
      await rejection(() => parseExpression(text), 'ERR_MODEL_FORMAT');
    }
    expect(value(`${'('.repeat(60)}1${')'.repeat(60)}`)).to.equal(1);
  });

  it('are linear in one symbol, or not', () => {
    const of = (text: string) => linear(parseExpression(text));
    expect(of('2*(s0 + 3) - s0')).to.deep.equal({ symbol: 's0', scale: 1, offset: 6 });
    expect(of('s0 - s0 + 4')).to.deep.equal({ symbol: undefined, scale: 0, offset: 4 });
    for (const text of ['s0*s1', 's0*s0', 's0 // 2', 's0 + s1', 'Max(s0, 2)'])
      expect(of(text), text).to.equal(undefined);
  });

  it('lie between bounds, as far as those are known', () => {
    const within = (text: string) => intervalOf(parseExpression(text), () => ({ min: 1, max: 10 }));
    expect(within('2*a + 1')).to.deep.equal({ min: 3, max: 21 });
    expect(within('(a + 1) // 2')).to.deep.equal({ min: 1, max: 5 });
    expect(within('a % 4 + b*a')).to.deep.equal({ min: 1, max: 103 });
    expect(within('Max(5, Min(a, 7))')).to.deep.equal({ min: 5, max: 7 });
    expect(within('100 - a')).to.deep.equal({ min: -Infinity, max: Infinity });
  });

  it('are written for people, and read again as the same', () => {
    for (const text of [
      '2*s0 + 1',
      's0 // (s1 // 4)',
      '(s0 + 1)*s1',
      's0 - s1',
      'Max(2, s0 % 3)',
      '(a + b) % 2 == 0',
    ]) {
      expect(formatExpression(parseExpression(text))).to.equal(text);
    }
    expect([...namesIn(parseExpression('s0*(s1 + s0)'))]).to.deep.equal(['s0', 's1']);
  });
});
