/** Requests of the Open Inference Protocol over real models, with what `model.run` answers to them. */
import type { ModelHost } from '#dist/index.js';
import { bytesOf, datatypeTable, type Datatype } from '#dist/protocol/datatype.js';
import type { NamedTensor, TensorContent } from '#dist/protocol/messages.js';
import { interfaceOf } from '#dist/server/inference/model-interface.js';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { fixture } from './paths.js';
import { seeded } from './random.js';

export interface OipCase {
  readonly model: string;
  readonly version: string;
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
  /** There are numbers in it that JSON has no word for. */
  readonly special?: boolean;
}

/** Models of three engines: one to twelve inputs, all datatypes, texts, a dict, with and without a record. */
export const oipModels = [
  { name: 'mnist-mlp' },
  ...[
    'torchscript/linear.pt',
    'torchscript/linear_float16.pt',
    'torchscript/linear_bfloat16.pt',
    'torchscript/dict_output.pt',
    'aoti/mlp.pt2',
    'onnx/two.onnx',
    'onnx/dtypes.onnx',
    'faults/onnx/strings.onnx',
  ].map((path) => ({ file: fixture(path), name: nameOf(path), warmup: false as const })),
];

function nameOf(path: string): string {
  return path.replace(/^.*\//, '').replace('.', '-');
}

/** Sizes and names where the model does not say them. */
const known: Readonly<
  Record<string, readonly (readonly [name: string, datatype: Datatype, shape: readonly number[]])[]>
> = {
  'linear-pt': [['x', 'FP32', [3, 4]]],
  'linear_float16-pt': [['x', 'FP16', [2, 4]]],
  'linear_bfloat16-pt': [['INPUT__0', 'BF16', [2, 4]]],
  'dict_output-pt': [['x', 'FP32', [2, 3]]],
};

export async function oipCases(host: ModelHost): Promise<readonly OipCase[]> {
  const whole = seeded(15);
  const next = (): number => whole(2 ** 24) / 2 ** 24;
  const cases: OipCase[] = [];
  for (const served of host.list()) {
    const model = interfaceOf(served);
    const specs =
      known[served.name] ??
      model.inputs.map(({ name, datatype, shape }) => {
        const sizes = shape.map((size, axis) => (size === -1 ? 2 + (axis % 2) : size));
        return [name, datatype as Datatype, sizes] as const;
      });
    const inputs = specs.map(([name, datatype, shape]) => ({ name, content: contentOf(datatype, shape, next) }));
    cases.push(await caseOf(host, served.name, inputs));
  }
  const x = new Tensor('float32', Float32Array.of(NaN, Infinity, -Infinity, -0, 1e-45, 3.4028234663852886e38), [2, 3]);
  cases.push({ ...(await caseOf(host, 'dict_output-pt', [{ name: 'x', content: x }])), special: true });
  return cases;
}

async function caseOf(host: ModelHost, name: string, inputs: readonly NamedTensor[]): Promise<OipCase> {
  const served = host.model(name);
  const model = interfaceOf(served);
  const { value } = await served.model.execute('forward', model.argumentsOf(inputs));
  return { model: name, version: served.version, inputs, outputs: await model.outputsOf(value) };
}

const texts = ['a', '', 'é😀', 'two words', '"\\\n\u0000', 'NaN'];

/** Random elements, over the whole range of an integer. */
function contentOf(datatype: Datatype, shape: readonly number[], next: () => number): TensorContent {
  const count = shape.reduce((product, size) => product * size, 1);
  const { dtype } = datatypeTable[datatype];
  if (dtype === undefined)
    return { shape, data: Array.from({ length: count }, (_, i) => texts[i % texts.length] as string) };
  if (dtypeTable[dtype].kind === 'int') {
    const bytes = Uint8Array.from({ length: count * (bytesOf(datatype) as number) }, () => Math.floor(next() * 256));
    return new Tensor(dtype, new dtypeTable[dtype].array(bytes.buffer), shape);
  }
  if (dtype === 'bool')
    return new Tensor(
      'bool',
      Uint8Array.from({ length: count }, () => (next() < 0.5 ? 0 : 1)),
      shape,
    );
  return Tensor.from(
    Array.from({ length: count }, () => next()),
    dtype,
  ).reshape(shape);
}

/** For a script in another language. */
export function jsonOf(
  content: TensorContent & { readonly shape: readonly number[] },
  name: string,
  datatype: Datatype,
) {
  if (!(content instanceof Tensor)) return { name, datatype, shape: content.shape, texts: content.data };
  const { buffer, byteOffset, byteLength } = content.data;
  return {
    name,
    datatype,
    shape: content.shape,
    bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  };
}
