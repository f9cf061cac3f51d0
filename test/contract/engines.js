/**
 * The engines. Every suite of this folder runs over every row; a new engine gets them all by a row of its own.
 * The suites know an engine by its row alone.
 */
import { Tensor } from 'node-libtorch';
/** Zeros: any other numbers shrink from step to step until they are denormal, and a step then takes a hundred times as long. */
const vector = new Tensor('float32', new Float32Array(256), [256]);
const square = new Tensor('float32', new Float32Array(512 * 512).fill(1e-4), [512, 512]);
const int64 = (value, shape = []) => new Tensor('int64', BigInt64Array.of(BigInt(value)), shape);
export const engines = [
    {
        name: 'torchscript',
        models: {
            linear: 'torchscript/linear.pt',
            mixing: 'torchscript/row_mixing.pt',
            slow: 'torchscript/slow.pt',
            failing: 'torchscript/raises.pt',
        },
        slow: { args: [vector, 700], brief: [vector, 5], endless: [vector, 500_000] },
        failing: { good: [Tensor.from([4])], bad: [Tensor.from([-1])] },
        info: { optimize: 'freeze', parameterBytes: 60, input: 'x', typed: false, mayRename: true },
        recorded: {
            folder: 'torchscript',
            files: 36,
            options: ['none', 'freeze', 'inference'].map((optimize) => ({ optimize, device: 'cpu' })),
        },
    },
    {
        name: 'aotinductor',
        models: {
            linear: 'aoti/mlp.pt2',
            mixing: 'aoti/row_mixing.pt2',
            slow: 'aoti/slow.pt2',
            failing: 'aoti/tokens.pt2',
        },
        slow: { args: [square] },
        failing: {
            good: [int64(2, [1, 1]), Tensor.from([[true]])],
            bad: [int64(99, [1, 1]), Tensor.from([[true]])],
        },
        // The biases are so small that they were compiled into the code.
        info: { optimize: 'none', parameterBytes: 224, input: 'input0', typed: true, mayRename: true },
        recorded: { folder: 'aoti', files: 11, options: [{}] },
    },
    {
        name: 'onnx',
        models: {
            linear: 'onnx/linear.onnx',
            mixing: 'onnx/row_mixing.onnx',
            slow: 'onnx/slow.onnx',
            failing: 'onnx/gather.onnx',
        },
        slow: {
            args: [vector, int64(700)],
            brief: [vector, int64(5)],
            endless: [vector, int64(500_000)],
        },
        failing: { good: [int64(1, [1])], bad: [int64(77123, [1])] },
        info: { optimize: 'all', parameterBytes: 60, input: 'x', typed: true, mayRename: false },
        recorded: { folder: 'onnx', files: 13, options: [{}] },
    },
];
