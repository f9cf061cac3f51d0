import { readDefault, type DefaultValue } from './proto-default.js';
import { field } from './proto-fields.js';
import { TraitReader, type Traits } from './proto-traits.js';
import { readSparse, readTensor, type ExternalTensor, type TensorsFound } from './proto-tensor.js';
import { readValue, type GraphValue } from './proto-value.js';
import { readZipMap, valuesRead, type ZipMap } from './proto-zipmap.js';
import { fields, malformed, type Span } from './protobuf.js';

/** What the file says of itself; nothing of it is believed to be a good model. */
export interface ModelSummary {
  /** Those that a caller has to give: no initializers. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  /** Names of all inputs that the graph declares, in its order. */
  readonly order: readonly string[];
  /** Inputs that the file has a value for. */
  readonly defaulted: readonly DefaultedInput[];
  /** Nodes of the main graph that make maps of tensors. */
  readonly zipMaps: readonly ZipMap[];
  readonly parameterBytes: number;
  readonly external: readonly ExternalTensor[];
  readonly traits: Traits;
}

/** An input that may be left out. */
interface DefaultedInput extends GraphValue {
  /** Undefined where it is not read here: it is large, lies outside of the file, or the file says that it never changes. */
  readonly value: DefaultValue | undefined;
}

/** Before version 4 an initializer is a constant, whether it is an input too or not. */
const overridableSince = 4;

/** More of them are not parameters but weights, as old exporters list them among the inputs. */
const maxDefaults = 32;

/** Graphs within graphs (If, Loop, Scan); real models have two or three levels. */
const maxDepth = 32;

interface Found extends TensorsFound {
  readonly inputs: GraphValue[];
  readonly outputs: GraphValue[];
  readonly initializers: Map<string, Span | undefined>;
  readonly zipMaps: ZipMap[];
  /** Undefined while graphs are read that only training runs. */
  traitReader: TraitReader | undefined;
}

/** @throws ERR_MODEL_FORMAT for bytes that are not an ONNX model */
export function readModelProto(bytes: Uint8Array): ModelSummary {
  const traitReader = new TraitReader();
  const found: Found = {
    ...{ inputs: [], outputs: [], initializers: new Map(), zipMaps: [], external: [] },
    ...{ parameterBytes: 0, traitReader },
  };
  const { model } = field;
  const whole: Span = { bytes, start: 0, end: bytes.length };
  let graphs = 0;
  let irVersion = 0;
  for (const { number, span, value } of fields(whole)) {
    if (number === model.irVersion) irVersion = value;
    if (!span) continue;
    if (number === model.graph) {
      ++graphs;
      readGraph(span, found, 0);
    } else if (number === model.functions) readFunction(span, found);
    else if (number === model.trainingInfo) readTraining(span, found);
  }
  if (graphs !== 1) throw malformed(graphs === 0 ? 'no graph' : 'more than one graph');
  const { initializers, inputs, outputs, external, parameterBytes, zipMaps } = found;
  if (outputs.length === 0) throw malformed('a graph without outputs');
  return {
    inputs: inputs.filter(({ name }) => !initializers.has(name)),
    outputs,
    order: inputs.map(({ name }) => name),
    defaulted: defaultsOf(found, irVersion),
    zipMaps: withReaders(zipMaps, whole),
    parameterBytes,
    external,
    traits: traitReader.told(whole),
  };
}

function defaultsOf({ inputs, initializers }: Found, irVersion: number): DefaultedInput[] {
  const defaulted = inputs.filter(({ name }) => initializers.has(name));
  const isOpen = irVersion >= overridableSince && defaulted.length <= maxDefaults;
  return defaulted.map((input) => {
    const tensor = isOpen ? initializers.get(input.name) : undefined;
    return { ...input, value: tensor && readDefault(tensor) };
  });
}

/** Says of each whether a node reads its maps, for one whose maps nobody reads may go. */
function withReaders(zipMaps: readonly ZipMap[], whole: Span): readonly ZipMap[] {
  if (zipMaps.length === 0) return zipMaps;
  const read = valuesRead(whole);
  return zipMaps.map((zipMap) => ({ ...zipMap, isRead: read.has(zipMap.output) }));
}

function readGraph(graph: Span, found: Found, depth: number): void {
  if (depth > maxDepth) throw malformed(`more than ${maxDepth} graphs within each other`);
  const { node, initializer, input, output, sparseInitializer } = field.graph;
  for (const { number, span } of fields(graph)) {
    if (!span) continue;
    if (number === node) {
      readNode(span, found, depth);
      const zipMap = depth === 0 ? readZipMap(span) : undefined;
      if (zipMap) found.zipMaps.push(zipMap);
    } else if (number === initializer) {
      const name = readTensor(span, found, depth === 0);
      if (depth === 0) found.initializers.set(name, span);
    } else if (number === sparseInitializer) {
      const name = readSparse(span, found);
      if (depth === 0) found.initializers.set(name, undefined);
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
  const { traitReader } = found;
  found.traitReader = undefined;
  for (const { number, span } of fields(training)) {
    // Not the main graph: depth 1 keeps its inputs out of the signature.
    if (span && (number === field.training.initialization || number === field.training.algorithm))
      readGraph(span, found, 1);
  }
  found.traitReader = traitReader;
}

function readNode(node: Span, found: Found, depth: number): void {
  found.traitReader?.see(node);
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
