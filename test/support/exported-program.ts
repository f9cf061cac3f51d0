/** Small files of torch.export.save, made by hand: what no exporter would write. */
import { storedZip } from './stored-zip.js';

type Json = unknown;

/** `{ as_tensor: { name } }` and its like. */
export const tensor = (name: string) => ({ as_tensor: { name } });
export const int = (value: number) => ({ as_int: value });
export const ints = (...values: readonly number[]) => ({ as_ints: values });
/** A number of 64 bits that JavaScript cannot hold. */
export const long = (digits: string) => ({ as_int: `@${digits}@` });

export interface NodeOf {
  readonly target: string;
  readonly args: Readonly<Record<string, Json>>;
  readonly outputs: readonly Json[];
}

/** `torch.ops.aten.NAME` with arguments by name, into the values of these names. */
export const call = (name: string, args: Readonly<Record<string, Json>>, ...outputs: readonly string[]): NodeOf => ({
  target: /^(torch|_operator|math|builtins)/.test(name)
    ? name
    : `torch.ops.aten.${name.includes('.') ? name : `${name}.default`}`,
  args,
  outputs: outputs.map(tensor),
});

interface Described {
  readonly dtype?: number;
  readonly sizes: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
}

interface WeightOf extends Described {
  readonly data?: Buffer;
  /** Its file below data/weights; its own by default. */
  readonly path?: string;
  readonly pickle?: boolean;
}

/** The parts that tests change. */
interface Changeable {
  graph_module: { graph: { inputs: Json[]; [member: string]: Json }; [member: string]: Json };
  extra?: Json;
}

export interface ProgramOf {
  readonly nodes: readonly NodeOf[];
  readonly inputs?: Readonly<Record<string, Described>>;
  readonly weights?: Readonly<Record<string, WeightOf>>;
  /** Names of tensors, or whole descriptions. */
  readonly outputs?: readonly Json[];
  /** Weights that a run changes: the output that is written to each. */
  readonly updates?: Readonly<Record<string, string>>;
  /** Changes the whole JSON at the end. */
  readonly change?: (json: Changeable) => void;
}

const float32 = 7;

const describe = ({ dtype = float32, sizes, strides, offset = 0 }: Described): Json => ({
  dtype,
  sizes: sizes.map(int),
  requires_grad: false,
  device: { type: 'cpu', index: null },
  strides: (strides ?? sizes.map((_, i) => sizes.slice(i + 1).reduce((product, size) => product * size, 1))).map(int),
  storage_offset: int(offset),
  layout: 7,
});

const leaf = { type: null, context: null, children_spec: [] };
const tuple = (children: readonly Json[]) => ({ type: 'builtins.tuple', context: 'null', children_spec: children });
const spec = (tree: Json): string => JSON.stringify([1, tree]);

const text = (json: Json): Buffer => Buffer.from(JSON.stringify(json).replaceAll(/"@([^"@]*)@"/g, '$1'));

export function subgraph(nodes: readonly NodeOf[], inputs: readonly Json[], outputs: readonly Json[]): Json {
  return {
    as_graph: {
      name: 'inner',
      graph: {
        inputs,
        outputs,
        nodes: nodes.map(nodeOf),
        tensor_values: {},
        sym_int_values: {},
        sym_bool_values: {},
        sym_float_values: {},
        custom_obj_values: {},
        is_single_tensor_return: false,
      },
    },
  };
}

const nodeOf = ({ target, args, outputs }: NodeOf): Json => ({
  target,
  inputs: Object.entries(args).map(([name, arg]) => ({ name, arg, kind: 1 })),
  outputs,
  metadata: {},
});

export function programOf({
  nodes,
  inputs = {},
  weights = {},
  outputs = ['y'],
  updates = {},
  change,
}: ProgramOf): Buffer {
  const names = Object.keys(inputs);
  const results = outputs.map((output) => (typeof output === 'string' ? tensor(output) : output));
  const kept = Object.entries(updates).map(([weight, name]) => ({ weight, name }));
  const values = Object.fromEntries([
    ...[...Object.entries(weights), ...Object.entries(inputs)].map(([name, described]) => [name, describe(described)]),
    ...outputs.flatMap((output) =>
      typeof output === 'string' && !(output in inputs) ? [[output, describe({ sizes: [1] })]] : [],
    ),
  ]) as Json;
  const json: Changeable & Readonly<Record<string, Json>> = {
    graph_module: {
      graph: {
        inputs: [...Object.keys(weights), ...names].map(tensor),
        outputs: [...kept.map(({ name }) => tensor(name)), ...results],
        nodes: nodes.map(nodeOf),
        tensor_values: values,
        sym_int_values: {},
        sym_bool_values: {},
        sym_float_values: {},
        custom_obj_values: {},
        is_single_tensor_return: false,
      },
      signature: {
        input_specs: [
          ...Object.keys(weights).map((name) => ({ buffer: { arg: { name }, buffer_name: name, persistent: true } })),
          ...names.map((name) => ({ user_input: { arg: tensor(name) } })),
        ],
        output_specs: [
          ...kept.map(({ weight, name }) => ({ buffer_mutation: { arg: { name }, buffer_name: weight } })),
          ...results.map((arg) => ({ user_output: { arg } })),
        ],
      },
      module_call_graph: [
        {
          fqn: '',
          signature: {
            inputs: [],
            outputs: [],
            in_spec: spec(
              tuple([tuple(names.map(() => leaf)), { type: 'builtins.dict', context: '[]', children_spec: [] }]),
            ),
            out_spec: spec(outputs.length === 1 ? leaf : tuple(outputs.map(() => leaf))),
            forward_arg_names: names,
          },
        },
      ],
      metadata: {},
      treespec_namedtuple_fields: {},
    },
    opset_version: { aten: 10 },
    range_constraints: {},
    schema_version: { major: 8, minor: 20 },
    verifiers: ['TRAINING'],
    torch_version: '2.15.0',
    guards_code: [],
  };
  change?.(json);
  const lists = Object.entries(weights).map(([name, weight]) => [
    name,
    {
      path_name: weight.path ?? name,
      is_param: false,
      use_pickle: weight.pickle ?? false,
      tensor_meta: describe(weight),
    },
  ]);
  const files = new Map(
    Object.entries(weights).map(([name, { path, data, sizes }]) => [
      path ?? name,
      data ?? Buffer.alloc(4 * sizes.reduce((product, size) => product * size, 1)),
    ]),
  );
  const entry = (name: string, data: Json) => ({
    name: `m/${name}`,
    data: Buffer.isBuffer(data) ? data : text(data),
  });
  return storedZip([
    ...[...files].map(([path, data]) => entry(`data/weights/${path}`, data)),
    entry('data/weights/model_weights_config.json', { config: Object.fromEntries(lists) as Json }),
    entry('data/constants/model_constants_config.json', { config: {} }),
    entry('models/model.json', json),
    entry('archive_format', Buffer.from('pt2')),
    entry('archive_version', Buffer.from('0')),
    entry('byteorder', Buffer.from('little')),
  ]);
}
