/** Changed files of torch.export.save: their JSON by its structure, their lists of weights, the bytes of their archive. */
import type { StoredEntry } from '../stored-zip.js';
import { storedZip } from '../stored-zip.js';
import type { Random } from './random.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Parent = Json[] | { [name: string]: Json };

interface Place {
  readonly parent: Parent;
  readonly key: string;
  readonly value: Json;
}

export interface Mutant {
  readonly bytes: Buffer;
  /** What was done, for those who look for the cause. */
  readonly done: string;
}

/** Numbers that JSON writes as they are, and those of 64 bits that JavaScript cannot hold: written as text, unquoted later. */
const numbers: readonly Json[] = [
  ...[
    0,
    1,
    -1,
    2,
    3,
    7,
    13,
    28,
    64,
    65,
    255,
    999,
    65536,
    -100,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 32,
    2 ** 40,
    -(2 ** 40),
    0.5,
    1e308,
  ],
  ...[
    '@9223372036854775807@',
    '@-9223372036854775808@',
    '@4611686018427387904@',
    '@99999999999999999999@',
    '@1e999@',
    '@NaN@',
  ],
];
const texts = [
  '',
  '\0',
  'x',
  's0',
  'self',
  'data',
  '../../weight_0',
  'weight_0',
  'Infinity',
  '\ud7ff',
  'a'.repeat(100_000),
];
const expressions = [
  "Symbol('s0')",
  'Integer(99999999999999999999999)',
  `Pow(Integer(9), Integer(${'9'.repeat(30)}))`,
  `${'Mul('.repeat(5000)}Integer(2)${')'.repeat(5000)}`,
  "Mod(Symbol('s77', positive=True, integer=True), Integer(0))",
  "Mul(Integer(-1), Symbol('s77', positive=True, integer=True))",
  'Add(',
];
const tags = [
  ...[
    'as_none',
    'as_int',
    'as_ints',
    'as_float',
    'as_floats',
    'as_bool',
    'as_bools',
    'as_string',
    'as_tensor',
    'as_tensors',
  ],
  ...[
    'as_sym_int',
    'as_sym_ints',
    'as_sym_bool',
    'as_sym_float',
    'as_scalar_type',
    'as_memory_format',
    'as_layout',
    'as_device',
  ],
  ...[
    'as_optional_tensor',
    'as_optional_tensors',
    'as_graph',
    'as_name',
    'as_expr',
    'as_custom_obj',
    'as_complex',
    'as_operator',
  ],
];

function* placesIn(value: Json): Generator<Place> {
  if (value === null || typeof value !== 'object') return;
  const parent: Parent = value;
  for (const key of Object.keys(parent)) {
    const child = (parent as Record<string, Json>)[key] as Json;
    yield { parent, key, value: child };
    yield* placesIn(child);
  }
}

const put = ({ parent, key }: Place, value: Json): void => {
  (parent as Record<string, Json>)[key] = value;
};
const copy = (value: Json): Json => structuredClone(value);
const short = (value: Json): string => JSON.stringify(value).slice(0, 80);

type Change = (random: Random, place: Place, all: readonly Place[]) => void;

function scalar(random: Random, place: Place, all: readonly Place[]): void {
  const { value } = place;
  if (typeof value === 'number') put(place, random.pick(numbers));
  else if (typeof value === 'boolean') put(place, !value);
  else if (typeof value === 'string') {
    // Another text of the same place: a target for a target, a name for a name.
    const same = all.filter(({ key, value: other }) => key === place.key && typeof other === 'string');
    const choices = place.key === 'expr_str' ? expressions : texts;
    put(place, random.chance(0.7) ? random.pick(same).value : random.pick(choices));
  } else put(place, random.pick([null, 0, '', [], {}, true]));
}

function remove(_: Random, { parent, key }: Place): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else Reflect.deleteProperty(parent, key);
}

function repeat(random: Random, { parent, key, value }: Place): void {
  if (Array.isArray(parent)) parent.splice(random.below(parent.length + 1), 0, copy(value));
  else parent[`${key}${random.pick(['', '_', 's'])}`] = copy(value);
}

function transplant(random: Random, place: Place, all: readonly Place[]): void {
  const alike = all.filter(({ key }) => key === place.key);
  put(place, copy(random.pick(random.chance(0.7) ? alike : all).value));
}

function retag(random: Random, place: Place): void {
  const { value } = place;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return scalar(random, place, [place]);
  const [inner = null] = Object.values(value);
  const values: readonly Json[] = [
    inner,
    random.pick(numbers),
    random.pick(texts),
    null,
    [],
    [random.pick(numbers)],
    { name: 'x' },
  ];
  put(place, { [random.pick(tags)]: copy(random.pick(values)) });
}

/** The order of nodes and arguments; loops of values that need each other. */
function swap(random: Random, { parent }: Place): void {
  if (!Array.isArray(parent) || parent.length < 2) return;
  const [a, b] = [random.below(parent.length), random.below(parent.length)];
  [parent[a], parent[b]] = [parent[b] as Json, parent[a] as Json];
}

const changes: readonly (readonly [name: string, change: Change, weight: number])[] = [
  ['scalar', scalar, 8],
  ['remove', remove, 2],
  ['repeat', repeat, 1],
  ['transplant', transplant, 4],
  ['retag', retag, 3],
  ['swap', swap, 2],
];
const bag = changes.flatMap((row) => Array.from({ length: row[2] }, () => row));

/** Most of what a file is made of are descriptions that only messages and signatures use: the nodes get half of all changes. */
function place(random: Random, json: Json, all: readonly Place[]): Place {
  const graph = (json as { graph_module?: { graph?: { nodes?: Json } } }).graph_module?.graph?.nodes;
  if (graph === undefined || random.chance(0.45)) return random.pick(all);
  const inside = [...placesIn(graph)].filter(({ key }) => key !== 'metadata');
  return random.pick(inside.length > 0 ? inside : all);
}

/** A value of an argument for another one of its own kind: such a file loads, and its run goes on with it. */
function changeArgument(random: Random, json: Json): string | undefined {
  const nodes = [...placesIn(json)].filter(
    ({ key, value }) => key === 'nodes' && Array.isArray(value) && value.length > 0,
  );
  if (nodes.length === 0) return undefined;
  const graph = random.pick(nodes).value as ({ [name: string]: Json } | null)[];
  const node = random.pick(graph.filter((item) => item !== null && typeof item === 'object'));
  if (node === undefined) return undefined;
  const args = [...placesIn((node['inputs'] ?? []) as Json)].filter(
    ({ key, parent }) => key !== 'kind' && !('arg' in parent),
  );
  if (args.length === 0) return undefined;
  const at = random.pick(args);
  const before = short(at.value);
  if (typeof at.value === 'number') put(at, random.pick(numbers));
  else if (typeof at.value === 'boolean') put(at, !at.value);
  else if (typeof at.value === 'string') {
    const names = [...placesIn(graph)].filter(({ key, value }) => key === at.key && typeof value === 'string');
    put(at, random.pick(names).value);
  } else if (Array.isArray(at.value) && typeof at.value[0] === 'number') {
    const list = at.value;
    const change = random.below(4);
    if (change === 0) list.push(random.pick(numbers));
    else if (change === 1) list.pop();
    else list[random.below(list.length)] = random.pick(change === 2 ? [0, 1, 2, 3, -1] : numbers);
  } else return undefined;
  return `argument of ${short(node['target'] ?? '')}, ${at.key}: ${before}`;
}

function mutateJson(random: Random, text: string): { text: string; done: string } {
  const json = JSON.parse(text) as Json;
  const done: string[] = [];
  for (let left = random.pick([1, 1, 1, 2, 2, 3]); left > 0; --left) {
    const argument = random.chance(0.6) ? changeArgument(random, json) : undefined;
    if (argument !== undefined) {
      done.push(argument);
      continue;
    }
    const all = [...placesIn(json)];
    if (all.length === 0) break;
    const at = place(random, json, all);
    const [name, change] = random.pick(bag);
    const before = short(at.value);
    change(random, at, all);
    done.push(`${name} ${at.key}: ${before}`);
  }
  return { text: JSON.stringify(json).replaceAll(/"@([^"@]*)@"/g, '$1'), done: done.join('; ') };
}

function mutateBytes(random: Random, bytes: Buffer): Mutant {
  const changed = Buffer.from(bytes);
  const from = random.below(3) === 0 ? Math.max(0, changed.length - 3000) : 0;
  for (let left = random.pick([1, 2, 8]); left > 0; --left) {
    changed[from + random.below(changed.length - from)] = random.pick([0, 1, 255, random.below(256)]);
  }
  const length = random.chance(0.2) ? random.below(changed.length) : changed.length;
  return { bytes: changed.subarray(0, length), done: `bytes, ${length} of ${changed.length}` };
}

/** Cut, longer, and other bytes of a weight or a list. */
function mutateData(random: Random, entries: StoredEntry[]): string {
  const at = random.below(entries.length);
  const { name, data } = entries[at] as StoredEntry;
  const changed = random.pick([
    data.subarray(0, random.below(data.length + 1)),
    Buffer.concat([data, data]),
    Buffer.alloc(data.length, 255),
    Buffer.alloc(0),
  ]);
  entries[at] = { name: random.chance(0.2) ? `${name}x` : name, data: changed };
  return `data of ${name}`;
}

/** One changed file of `entries`, which are those of a good one. */
export function mutant(random: Random, entries: readonly StoredEntry[]): Mutant {
  const kind = random.next();
  if (kind < 0.05) return mutateBytes(random, storedZip(entries));
  const changed = [...entries];
  if (kind < 0.1) {
    const done = mutateData(random, changed);
    return { bytes: storedZip(changed), done };
  }
  const wanted = kind < 0.25 ? /_config\.json$/ : /models\/.*\.json$/;
  const at = random.pick(changed.flatMap(({ name }, i) => (wanted.test(name) ? [i] : [])));
  const { name, data } = changed[at] as StoredEntry;
  const { text, done } = mutateJson(random, data.toString());
  changed[at] = { name, data: Buffer.from(text) };
  return { bytes: storedZip(changed), done: `${name.replace(/^.*\//, '')}: ${done}` };
}
