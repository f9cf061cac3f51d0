import type { Dimension } from '../../signature/spec.js';
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
}

export type ValueKind = 'tensor' | 'sequence' | 'map' | 'sparse tensor' | 'optional' | 'opaque' | 'nothing';

/** Field numbers of onnx.proto, by message. */
const field = {
  value: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { element: 1, shape: 2 },
  shape: { dimension: 1 },
  dimension: { size: 1, parameter: 2 },
} as const;

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
  return { name, ...(type ? readType(type) : { kind: 'nothing', elementType: 0, shape: undefined }) };
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
  let shape: Dimension[] | undefined;
  if (kind === 'tensor' && tensor) {
    for (const { number, value, span } of fields(tensor)) {
      if (number === field.tensorType.element) elementType = value;
      else if (span && number === field.tensorType.shape) shape = readShape(span);
    }
  }
  return { kind, elementType, shape };
}

function readShape(shape: Span): Dimension[] {
  const dimensions: Dimension[] = [];
  for (const { number, span } of fields(shape)) {
    if (span && number === field.shape.dimension) dimensions.push(readDimension(span));
  }
  return dimensions;
}

/** A name, nothing, or a negative size (as some exporters write) is a free dimension. */
function readDimension(dimension: Span): Dimension {
  let size: Dimension = null;
  for (const { number, value } of fields(dimension)) {
    if (number === field.dimension.parameter) size = null;
    else if (number === field.dimension.size) size = value >= 2 ** 63 ? null : value;
  }
  if (size !== null && !Number.isSafeInteger(size)) throw malformed('a dimension beyond 2^53');
  return size;
}
