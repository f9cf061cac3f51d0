/** The cases.json of a folder of fixtures: calls, and what Python answered. */
import { readFileSync } from 'node:fs';
import type { Arguments, Value } from 'node-libtorch';
import { decode, type Encoded } from './values.js';
import { fixture } from './paths.js';

type Named = Readonly<Record<string, Encoded>>;

/** PyTorch's calls have arguments by position, and perhaps some by name. */
interface TorchCall {
  readonly method: string;
  readonly args: readonly Encoded[];
  readonly kwargs?: Named;
  readonly expected?: Encoded;
  readonly tolerance?: number;
  readonly error?: string;
}

/** ONNX Runtime's have inputs and outputs by name, in the order of the graph. */
interface OnnxCall {
  readonly inputs: Named;
  readonly outputs: Named;
  readonly tolerance?: number;
}

type Written = { readonly name: string; readonly file: string } & (
  TorchCall | OnnxCall | { readonly sequence: readonly TorchCall[] }
);

export interface RecordedCall {
  readonly method: string;
  /** The ways to give its arguments. `names` are those of the method's arguments; those inside one begin with its own. */
  readonly ways: (names: readonly string[]) => readonly Arguments[];
  readonly expected: Value;
  readonly tolerance: number;
  /** What the message of its failure includes. Without it the call has an answer. */
  readonly error?: string;
}

export interface Recorded {
  readonly name: string;
  readonly file: string;
  /** On one model, one after the other. */
  readonly calls: readonly RecordedCall[];
}

export function recordedCases(folder: string): readonly Recorded[] {
  const { cases } = JSON.parse(readFileSync(fixture(`${folder}/cases.json`), 'utf8')) as { cases: Written[] };
  return cases.map((written) => {
    const { name, file } = written;
    const calls = 'sequence' in written ? written.sequence : [written];
    return { name, file, calls: calls.map((call) => ('inputs' in call ? onnxCall(call) : torchCall(call))) };
  });
}

function torchCall({ method, args, kwargs, expected = null, tolerance = 0, error }: TorchCall): RecordedCall {
  const positional = args.map(decode);
  const ways = (names: readonly string[]): readonly Arguments[] => {
    if (!kwargs) return [positional];
    const own = [...new Set(names.map((name) => name.split('.')[0]))];
    return [{ ...Object.fromEntries(positional.map((value, i) => [own[i] ?? `#${i}`, value])), ...decodeAll(kwargs) }];
  };
  return { method, ways, expected: decode(expected), tolerance, ...(error !== undefined && { error }) };
}

function onnxCall({ inputs, outputs, tolerance = 0 }: OnnxCall): RecordedCall {
  const named = decodeAll(inputs);
  const wanted = decodeAll(outputs);
  const [only, ...others] = Object.values(wanted);
  const expected = others.length === 0 ? (only as Value) : wanted;
  return { method: 'forward', ways: () => [named, Object.values(named)], expected, tolerance };
}

function decodeAll(tensors: Named): Record<string, Value> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, decode(tensor)]));
}
