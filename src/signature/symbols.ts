import { linear, namesIn, type Expression } from './expression.js';
import { parseExpression } from './parse-expression.js';
import type { TensorSpec } from './spec.js';

/**
 * What the names of free dimensions mean in one signature: a size of its own, or one that follows from others (`2*batch`).
 * Exporters of ONNX files take any text for a name (`p2o.DynamicDimension.0`, `batch-size`), so a text is an expression only
 * where the sizes in it are known from elsewhere.
 */
export function symbolReader(specs: readonly Pick<TensorSpec, 'symbols'>[]): (symbol: string) => Expression {
  const texts = new Set(specs.flatMap(({ symbols }) => symbols ?? []).filter((symbol) => symbol !== null));
  const known = new Set<string>();
  for (const text of texts) {
    const { symbol } = linear(expressionOf(text)) ?? {};
    if (symbol !== undefined) known.add(symbol);
  }
  return (text) => {
    const expression = expressionOf(text);
    return [...namesIn(expression)].every((name) => known.has(name)) ? expression : { kind: 'symbol', name: text };
  };
}

function expressionOf(text: string): Expression {
  try {
    const expression = parseExpression(text);
    if (expression.kind !== 'number') return expression;
  } catch {
    // any other name
  }
  return { kind: 'symbol', name: text };
}
