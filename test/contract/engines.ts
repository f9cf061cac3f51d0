/**
 * The engines. Every suite of this folder runs over every row; a new engine gets them all by a row of its own.
 * The suites know an engine by its row alone.
 */
import { Tensor, type EngineName, type LoadOptions, type ModelInfo, type Value } from 'node-libtorch';

/** What the fixture models do. Each row has one file for each. */
export interface Models {
  /** float32 [n, 4] to float32 [n, 3], each row by itself. */
  readonly linear: string;
  /** float32 [n, 4] to as many rows, each of which depends on the others. */
  readonly mixing: string;
  /** Takes the arguments of `slow`. */
  readonly slow: string;
  /** Takes the arguments of `failing`, whose rows do not depend on each other. */
  readonly failing: string;
}

export interface Engine {
  readonly name: EngineName;
  /** Files under test/fixtures. */
  readonly models: Models;
  readonly slow: {
    /** A run of some tenths of a second: long enough to act in the middle of it. */
    readonly args: readonly Value[];
    /** A run of some milliseconds. Absent where the length of a run cannot be chosen, as the two below. */
    readonly brief?: readonly Value[];
    /** A run that no test outlasts. */
    readonly endless?: readonly Value[];
  };
  /** One row each. */
  readonly failing: {
    readonly good: readonly Value[];
    /** Makes the model itself fail. */
    readonly bad: readonly Value[];
    /** How the message begins. */
    readonly sentence: RegExp;
    /** Where in the model. Absent where nothing knows: in compiled code. */
    readonly trace?: RegExp;
    /** What to do about it, where it is a common mistake: an id that the model does not know. */
    readonly hint?: RegExp;
  };
  /** What is known of `linear`, loaded without options. */
  readonly info: Pick<ModelInfo, 'optimize' | 'parameterBytes'> & {
    /** The name of its input. */
    readonly input: string;
    /** Whether it says the dtype and the shape of its input. */
    readonly typed: boolean;
    /** Whether a given signature may call the input by another name. */
    readonly mayRename: boolean;
  };
  /** The recorded cases: the folder of cases.json, at least how many files they are of, and the options to run them with. */
  readonly recorded: {
    readonly folder: string;
    readonly files: number;
    readonly options: readonly LoadOptions[];
  };
}

/** Zeros: any other numbers shrink from step to step until they are denormal, and a step then takes a hundred times as long. */
const vector = new Tensor('float32', new Float32Array(256), [256]);
const square = new Tensor('float32', new Float32Array(512 * 512).fill(1e-4), [512, 512]);
const step = new Tensor('float32', new Float32Array(128 * 128).fill(1e-4), [128, 128]);
const int64 = (value: number, shape: readonly number[] = []): Tensor =>
  new Tensor('int64', BigInt64Array.of(BigInt(value)), shape);

export const engines: readonly Engine[] = [
  {
    name: 'torchscript',
    models: {
      linear: 'torchscript/linear.pt',
      mixing: 'torchscript/row_mixing.pt',
      slow: 'torchscript/slow.pt',
      failing: 'torchscript/raises.pt',
    },
    slow: { args: [vector, 700], brief: [vector, 5], endless: [vector, 500_000] },
    failing: {
      good: [Tensor.from([4])],
      bad: [Tensor.from([-1])],
      sentence: /^builtins\.ValueError: negative/,
      trace: /Traceback of TorchScript/,
    },
    info: { optimize: 'freeze', parameterBytes: 60, input: 'x', typed: false, mayRename: true },
    recorded: {
      folder: 'torchscript',
      files: 36,
      options: (['none', 'freeze', 'inference'] as const).map((optimize) => ({ optimize, device: 'cpu' })),
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
      sentence: /^index out of bounds: 0 <= /,
      hint: /vocabulary/,
    },
    // The biases are so small that they were compiled into the code.
    info: { optimize: 'none', parameterBytes: 224, input: 'input0', typed: true, mayRename: true },
    recorded: { folder: 'aoti', files: 11, options: [{}] },
  },
  {
    name: 'export',
    models: {
      linear: 'export/linear.pt2',
      mixing: 'export/row_mixing.pt2',
      slow: 'export/slow.pt2',
      failing: 'export/tokens.pt2',
    },
    slow: { args: [step, int64(3000)], brief: [step, int64(5)], endless: [step, int64(10_000_000)] },
    failing: {
      good: [int64(2, [1, 1]), Tensor.from([[true]])],
      bad: [int64(99, [1, 1]), Tensor.from([[true]])],
      sentence: /^index out of range in self/,
      hint: /vocabulary/,
      trace: /The node calls .*embedding/,
    },
    info: { optimize: 'freeze', parameterBytes: 60, input: 'x', typed: true, mayRename: false },
    recorded: {
      folder: 'export',
      files: 50,
      options: (['none', 'freeze'] as const).map((optimize) => ({ optimize, device: 'cpu' })),
    },
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
    failing: {
      good: [int64(1, [1])],
      bad: [int64(77123, [1])],
      sentence: /^[Ii]ndices element out of data bounds/,
      hint: /vocabulary/,
      trace: /running Gather node/,
    },
    info: { optimize: 'all', parameterBytes: 60, input: 'x', typed: true, mayRename: false },
    recorded: { folder: 'onnx', files: 13, options: [{}] },
  },
];
