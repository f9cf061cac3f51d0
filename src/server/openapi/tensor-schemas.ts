/** Schemas and examples of the tensors of one model, for messages of the Open Inference Protocol in JSON. */
import type { Datatype } from '../../protocol/datatype.js';
import type { DescribedModel, DescribedTensor } from './described-model.js';
import { plain, type Json } from './operation.js';
import * as schemas from '../schemas/oip.js';

const parameters = plain(schemas.Parameters);
const { id, parameters: given, outputs: requested } = schemas.InferRequest.properties;
const text: Json = { type: 'string' };

const integer = (bits: number, isSigned: boolean): Json =>
  // 64 bits are more than a JSON number of most readers holds exactly: no bounds that would be rounded.
  bits === 64
    ? { type: 'integer', format: isSigned ? 'int64' : 'uint64' }
    : { type: 'integer', minimum: isSigned ? -(2 ** (bits - 1)) : 0, maximum: 2 ** (isSigned ? bits - 1 : bits) - 1 };

const number: Json = { type: 'number' };
/** One element in JSON. */
const elements: Readonly<Record<Datatype, Json>> = {
  BOOL: { type: 'boolean' },
  UINT8: integer(8, false),
  UINT16: integer(16, false),
  UINT32: integer(32, false),
  UINT64: integer(64, false),
  INT8: integer(8, true),
  INT16: integer(16, true),
  INT32: integer(32, true),
  INT64: integer(64, true),
  FP16: number,
  BF16: number,
  FP32: number,
  FP64: number,
  BYTES: text,
};

/** The request of a model, in JSON alone. */
export function inferRequestOf({ inputs }: DescribedModel): Json {
  const required = inputs.filter(({ optional }) => !optional);
  return {
    type: 'object',
    required: ['inputs'],
    properties: {
      ...plain({ id, parameters: given, outputs: requested }),
      inputs: {
        type: 'array',
        minItems: required.length,
        maxItems: inputs.length,
        ...(inputs.length > 0 && { items: anyOf(inputs.map(inputSchema)) }),
        // In any order, each once.
        ...(inputs.length > 1 &&
          required.length > 0 && {
            allOf: required.map(({ name }) => ({
              contains: { type: 'object', properties: { name: { const: name } } },
              maxContains: 1,
            })),
          }),
      },
    },
  };
}

/** The response of a model, in JSON alone. */
export function inferResponseOf({ name, version, outputs }: DescribedModel): Json {
  return {
    type: 'object',
    required: ['model_name', 'model_version', 'outputs'],
    properties: {
      model_name: { const: name },
      model_version: { const: version },
      id: text,
      outputs: {
        type: 'array',
        // What the signature does not say shows in a run only.
        items:
          outputs.length === 0 || outputs.some(({ datatype }) => datatype === '')
            ? plain(schemas.OutputTensor)
            : anyOf([...outputs.map(outputSchema), classified]),
      },
    },
  };
}

/** What `classification` makes of an output. */
const classified: Json = {
  type: 'object',
  title: 'Classification',
  required: ['name', 'datatype', 'shape', 'data'],
  properties: {
    name: text,
    datatype: { const: 'BYTES' },
    shape: plain(schemas.Shape),
    parameters,
    data: {
      type: 'array',
      items: {
        type: 'string',
        pattern: '^[^:]+:\\d+(:.*)?$',
        description: 'score:index, and :label where there is one.',
      },
    },
  },
};

const anyOf = (options: readonly Json[]): Json => (options.length === 1 ? (options[0] as Json) : { anyOf: options });

function inputSchema(input: DescribedTensor): Json {
  const { name, optional } = input;
  const schema = tensorSchema(input, { const: name }, optional ? 'May be left out.' : undefined);
  const own = schema['properties'] as Readonly<Record<string, Json>>;
  // No elements need no data.
  const data = { ...own['data'], type: ['array', 'null'] };
  return {
    ...schema,
    required: ['name', 'datatype', 'shape'],
    properties: { ...own, parameters: plain(given), data },
  };
}

function outputSchema(output: DescribedTensor): Json {
  return tensorSchema(output, { ...text, description: `${output.name}, or the name that it was asked for by.` });
}

function tensorSchema(tensor: DescribedTensor, name: Json, description?: string): Json {
  const { datatype, range } = tensor;
  return {
    type: 'object',
    title: tensor.name,
    ...(description !== undefined && { description }),
    required: ['name', 'datatype', 'shape', 'data'],
    properties: {
      name,
      datatype: datatype === '' ? { enum: Object.keys(elements) } : { const: datatype },
      shape: shapeSchema(tensor),
      parameters,
      data: {
        type: 'array',
        description: `Flat, or nested as the shape is.${range ? ` From ${range[0]} to ${range[1]}.` : ''}`,
        ...(datatype !== '' && { items: { anyOf: [elements[datatype], { type: 'array' }] } }),
      },
    },
  };
}

/**
 * Where all sizes are known, that shape. Otherwise its rank and, in words, its sizes: `prefixItems` would say each, but tools that
 * make requests from a description take it for another draft's `items`.
 */
function shapeSchema({ shape, hasRank, bounds, symbols }: DescribedTensor): Json {
  if (!hasRank) return plain(schemas.Shape);
  if (!shape.includes(-1)) return { const: shape };
  const words = shape.map((size, axis) => {
    if (size !== -1) return String(size);
    const { min = 0, max = Infinity } = bounds?.[axis] ?? {};
    const range = min === 0 && max === Infinity ? '' : ` from ${min}${max === Infinity ? ' up' : ` to ${max}`}`;
    return `${symbols?.[axis] ?? 'any size'}${range}`;
  });
  return {
    type: 'array',
    description: `[${words.join(', ')}]`,
    items: { type: 'integer', minimum: 0 },
    minItems: shape.length,
    maxItems: shape.length,
  };
}

/** Elements of an example. More would be most of the document. */
const mostElements = 4096;

/** A request that the model answers; undefined where the signature does not say enough, or its inputs are large. */
export function inferExampleOf({ inputs }: DescribedModel): Json | undefined {
  const tensors = exampleTensors(inputs);
  return tensors && { inputs: tensors };
}

interface ExampleTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: Datatype;
  readonly data: readonly unknown[];
}

/** The least that each input takes: the smallest sizes, and zeros or the lower end of its range. */
function exampleTensors(inputs: readonly DescribedTensor[]): readonly ExampleTensor[] | undefined {
  const sizes = sizesBySymbol(inputs);
  const tensors: ExampleTensor[] = [];
  let total = 0;
  for (const { name, datatype, shape, hasRank, bounds, symbols, range, optional } of inputs) {
    if (optional) continue;
    if (datatype === '' || !hasRank) return undefined;
    const own = shape.map((size, axis) =>
      size === -1 ? (sizes.get(symbols?.[axis] ?? '') ?? leastOf(bounds?.[axis]?.min)) : size,
    );
    const count = own.reduce((product, size) => product * size, 1);
    total += count;
    if (total > mostElements) return undefined;
    const element = datatype === 'BYTES' ? 'text' : datatype === 'BOOL' ? false : (range?.[0] ?? 0);
    tensors.push({ name, shape: own, datatype, data: new Array<unknown>(count).fill(element) });
  }
  return tensors;
}

const leastOf = (min: number | undefined): number => Math.max(min ?? 1, 1);

/** Dimensions of one name have one size. */
function sizesBySymbol(inputs: readonly DescribedTensor[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { shape, symbols, bounds } of inputs) {
    for (const axis of shape.keys()) {
      const symbol = symbols?.[axis];
      if (shape[axis] !== -1 || symbol == null) continue;
      sizes.set(symbol, Math.max(sizes.get(symbol) ?? 1, leastOf(bounds?.[axis]?.min)));
    }
  }
  return sizes;
}

/** As `inputs` of `/predict` and of KServe v1 have it: nested values by name. */
export function nestedExampleOf({ inputs }: DescribedModel): Json | undefined {
  const tensors = exampleTensors(inputs);
  return tensors && Object.fromEntries(tensors.map(({ name, shape, data }) => [name, nested(shape, data[0])]));
}

function nested([size, ...rest]: readonly number[], element: unknown): unknown {
  return size === undefined ? element : Array.from({ length: size }, () => nested(rest, element));
}
