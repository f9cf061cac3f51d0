import { readSparse, readTensor, type ExternalTensor, type TensorsFound } from './proto-tensor.js';
import { readValue, type GraphValue } from './proto-value.js';
import { fields, malformed, type Span } from './protobuf.js';

/** What the file says of itself; nothing of it is believed to be a good model. */
export interface ModelSummary {
  /** Those that a caller has to give: no initializers. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** Names of inputs that the file has a value for. ONNX Runtime's Node binding takes none in their place. */
  readonly defaulted: readonly string[];
  readonly parameterBytes: number;
  readonly external: readonly ExternalTensor[];
}

/** Graphs within graphs (If, Loop, Scan); real models have two or three levels. */
const maxDepth = 32;

interface Found extends TensorsFound {
  readonly inputs: GraphValue[];
  readonly outputs: GraphValue[];
  readonly initializers: Set<string>;
}

/** Field numbers of onnx.proto, by message. */
const field = {
  model: { graph: 7, trainingInfo: 20, functions: 25 },
  training: { initialization: 1, algorithm: 2 },
  function: { node: 7, attribute: 11 },
  graph: { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 },
  node: { attribute: 5 },
  attribute: { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 },
} as const;

/** @throws ERR_MODEL_FORMAT for bytes that are not an ONNX model */
export function readModelProto(bytes: Uint8Array): ModelSummary {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) throw malformed('a zip directory, as PyTorch’s own formats have');
  const found: Found = { inputs: [], outputs: [], initializers: new Set(), external: [], parameterBytes: 0 };
  const { model } = field;
  let graphs = 0;
  for (const { number, span } of fields({ bytes, start: 0, end: bytes.length })) {
    if (!span) continue;
    if (number === model.graph) {
      ++graphs;
      readGraph(span, found, 0);
    } else if (number === model.functions) readFunction(span, found);
    else if (number === model.trainingInfo) readTraining(span, found);
  }
  if (graphs !== 1) throw malformed(graphs === 0 ? 'no graph' : 'more than one graph');
  const { initializers, inputs, outputs, external, parameterBytes } = found;
  if (outputs.length === 0) throw malformed('a graph without outputs');
  return {
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
    defaulted: inputs.map(({ name }) => name).filter((name) => initializers.has(name)),
    parameterBytes,
    external,
  };
}

function readGraph(graph: Span, found: Found, depth: number): void {
  if (depth > maxDepth) throw malformed(`more than ${maxDepth} graphs within each other`);
  const { node, initializer, input, output, sparseInitializer } = field.graph;
  for (const { number, span } of fields(graph)) {
    if (!span) continue;
    if (number === node) readNode(span, found, depth);
    else if (number === initializer) {
      const name = readTensor(span, found, depth === 0);
      if (depth === 0) found.initializers.add(name);
    } else if (number === sparseInitializer) {
      const name = readSparse(span, found);
      if (depth === 0) found.initializers.add(name);
    } else if (depth > 0) continue;
    else if (number === input) found.inputs.push(readValue(span));
    else if (number === output) found.outputs.push(readValue(span));
  }
}

function readFunction(body: Span, found: Found): void {
  for (const { number, span } of fields(body)) {
    if (span && number === field.function.node) readNode(span, found, 0);
    else if (span && number === field.function.attribute) readAttribute(span, found, 0);
  }
}

function readTraining(training: Span, found: Found): void {
  for (const { number, span } of fields(training)) {
    // Not the main graph: depth 1 keeps its inputs out of the signature.
    if (span && (number === field.training.initialization || number === field.training.algorithm))
      readGraph(span, found, 1);
  }
}

function readNode(node: Span, found: Found, depth: number): void {
  for (const { number, span } of fields(node)) {
    if (span && number === field.node.attribute) readAttribute(span, found, depth);
  }
}

function readAttribute(attribute: Span, found: Found, depth: number): void {
  const { tensor, graph, tensors, graphs, sparse, sparses } = field.attribute;
  for (const { number, span } of fields(attribute)) {
    if (!span) continue;
    if (number === graph || number === graphs) readGraph(span, found, depth + 1);
    else if (number === tensor || number === tensors) readTensor(span, found);
    else if (number === sparse || number === sparses) readSparse(span, found);
  }
}
