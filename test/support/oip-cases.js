import { bytesOf, datatypeTable } from '#dist/protocol/datatype.js';
import { interfaceOf } from '#dist/server/inference/model-interface.js';
import { dtypeTable } from '#dist/tensor/dtype.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { fixture } from './paths.js';
import { seeded } from './random.js';
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
    ].map((path) => ({ file: fixture(path), name: nameOf(path), warmup: false })),
];
function nameOf(path) {
    return path.replace(/^.*\//, '').replace('.', '-');
}
/** Sizes and names where the model does not say them. */
const known = {
    'linear-pt': [['x', 'FP32', [3, 4]]],
    'linear_float16-pt': [['x', 'FP16', [2, 4]]],
    'linear_bfloat16-pt': [['INPUT__0', 'BF16', [2, 4]]],
    'dict_output-pt': [['x', 'FP32', [2, 3]]],
};
export async function oipCases(host) {
    const whole = seeded(15);
    const next = () => whole(2 ** 24) / 2 ** 24;
    const cases = [];
    for (const served of host.list()) {
        const model = interfaceOf(served);
        const specs = known[served.name] ??
            model.inputs.map(({ name, datatype, shape }) => {
                const sizes = shape.map((size, axis) => (size === -1 ? 2 + (axis % 2) : size));
                return [name, datatype, sizes];
            });
        const inputs = specs.map(([name, datatype, shape]) => ({ name, content: contentOf(datatype, shape, next) }));
        cases.push(await caseOf(host, served.name, inputs));
    }
    const x = new Tensor('float32', Float32Array.of(NaN, Infinity, -Infinity, -0, 1e-45, 3.4028234663852886e38), [2, 3]);
    cases.push({ ...(await caseOf(host, 'dict_output-pt', [{ name: 'x', content: x }])), special: true });
    return cases;
}
async function caseOf(host, name, inputs) {
    const served = host.model(name);
    const model = interfaceOf(served);
    const { value } = await served.model.execute('forward', model.argumentsOf(inputs));
    return { model: name, version: served.version, inputs, outputs: model.outputsOf(value) };
}
const texts = ['a', '', 'é😀', 'two words', '"\\\n\u0000', 'NaN'];
/** Random elements, over the whole range of an integer. */
function contentOf(datatype, shape, next) {
    const count = shape.reduce((product, size) => product * size, 1);
    const { dtype } = datatypeTable[datatype];
    if (dtype === undefined)
        return { shape, data: Array.from({ length: count }, (_, i) => texts[i % texts.length]) };
    if (dtypeTable[dtype].kind === 'int') {
        const bytes = Uint8Array.from({ length: count * bytesOf(datatype) }, () => Math.floor(next() * 256));
        return new Tensor(dtype, new dtypeTable[dtype].array(bytes.buffer), shape);
    }
    if (dtype === 'bool')
        return new Tensor('bool', Uint8Array.from({ length: count }, () => (next() < 0.5 ? 0 : 1)), shape);
    return Tensor.from(Array.from({ length: count }, () => next()), dtype).reshape(shape);
}
/** For a script in another language. */
export function jsonOf(content, name, datatype) {
    if (!(content instanceof Tensor))
        return { name, datatype, shape: content.shape, texts: content.data };
    const { buffer, byteOffset, byteLength } = content.data;
    return {
        name,
        datatype,
        shape: content.shape,
        bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    };
}
