import type { Dimension } from '../../signature/spec.js';
import { field } from './proto-fields.js';
import { fields, malformed, textOf, type Span } from './protobuf.js';

/** An input or output of the graph. */
export interface GraphValue {
  readonly name: string;
  /** `tensor`, or what it is instead. */
  readonly kind: ValueKind;
  /** TensorProto.DataType; 0 when the file does not say. */
  readonly elementType: number;
  /** Undefined where the file leaves even the rank open. */
  readonly shape: readonly Dimension[] | undefined;
  /** The names of the dimensions, null for one without; undefined where none has one. */
  readonly symbols: readonly (string | null)[] | undefined;
}

export type ValueKind = 'tensor' | 'sequence' | 'map' | 'sparse tensor' | 'optional' | 'opaque' | 'nothing';

const kindOfField: Readonly<Record<number, ValueKind>> = {
  1: 'tensor',
  4: 'sequence',
  5: 'map',
  7: 'opaque',
  8: 'sparse tensor',
  9: 'optional',
};

/** @throws ERR_MODEL_FORMAT */
export function readValue(value: Span): GraphValue {
  let name = '';
  let type: Span | undefined;
  for (const { number, span } of fields(value)) {
    if (span && number === field.value.name) name = textOf(span);
    else if (span && number === field.value.type) type = span;
  }
  if (name === '') throw malformed('an input or output without a name');
  return {
    name,
    ...(type ? readType(type) : { kind: 'nothing', elementType: 0, shape: undefined, symbols: undefined }),
  };
}

function readType(type: Span): Omit<GraphValue, 'name'> {
  let kind: ValueKind = 'nothing';
  let tensor: Span | undefined;
  for (const { number, span } of fields(type)) {
    if (!span || !kindOfField[number]) continue;
    kind = kindOfField[number];
    if (number === field.type.tensor) tensor = span;
  }
  let elementType = 0;
  let dimensions: NamedDimension[] | undefined;
  if (kind === 'tensor' && tensor) {
    for (const { number, value, span } of fields(tensor)) {
      if (number === field.tensorType.element) elementType = value;
      else if (span && number === field.tensorType.shape) dimensions = readShape(span);
    }
  }
  const names = dimensions?.map(({ symbol }) => symbol);
  return {
    kind,
    elementType,
    shape: dimensions?.map(({ size }) => size),
    symbols: names?.some((name) => name !== null) ? names : undefined,
  };
}

interface NamedDimension {
  readonly size: Dimension;
  readonly symbol: string | null;
}

function readShape(shape: Span): NamedDimension[] {
  const dimensions: NamedDimension[] = [];
  for (const { number, span } of fields(shape)) {
    if (span && number === field.shape.dimension) dimensions.push(readDimension(span));
  }
  return dimensions;
}

/** What exporters write for a dimension of which they know nothing; several of one such name need not be of one size. */
const meaningless = /^(?:|\?|-?\d+|none|null|unknown|unk__\d+|dynamic)$/i;

/** A name, nothing, or a negative size (as some exporters write) is a free dimension. */
function readDimension(dimension: Span): NamedDimension {
  let size: Dimension = null;
  let symbol: string | null = null;
  for (const { number, value, span } of fields(dimension)) {
    if (number === field.dimension.parameter && span) {
      size = null;
      const text = textOf(span);
      symbol = meaningless.test(text) ? null : text;
    } else if (number === field.dimension.size) {
      size = value >= 2 ** 63 ? null : value;
      symbol = null;
    }
  }
  if (size !== null && !Number.isSafeInteger(size)) throw malformed('a dimension beyond 2^53');
  return { size, symbol };
}
