import { jsonText } from '../report.js';
import { parseTorchType, type TorchType } from '../../signature/torch-type.js';

/** What a model takes may be written in more ways than what it gives. */
export type Direction = 'in' | 'out';

/** TorchScript's types that are one of ours; docs/library.md has the same table. */
const simple: Readonly<Record<string, string>> = {
  Tensor: 'Tensor',
  int: 'number | bigint',
  float: 'number',
  number: 'number | bigint',
  Scalar: 'number | bigint',
  bool: 'boolean',
  str: 'string',
  Device: 'string',
  None: 'null',
  NoneType: 'null',
};

const reserved = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if import in instanceof new null return super switch this throw true try typeof var void while with'
  ).split(' '),
);

type Container = (args: readonly TorchType[], direction: Direction) => string;

const containers: Readonly<Record<string, Container>> = {
  List: ([item], direction) => `readonly ${inArray(render(item, direction))}[]`,
  Tuple: (args, direction) => `readonly [${args.map((arg) => render(arg, direction)).join(', ')}]`,
  Optional: ([item], direction) => union([render(item, direction), 'null']),
  Union: (args, direction) => union(args.map((arg) => render(arg, direction))),
  Dict: ([key, item], direction) => {
    const value = render(item, direction);
    const map = `ReadonlyMap<${render(key, direction)}, ${value}>`;
    if (key?.name !== 'str') return map;
    const object = `{ readonly [key: string]: ${value} }`;
    return direction === 'in' ? `${object} | ${map}` : object;
  },
};

/** The TypeScript type of a value of a TorchScript type; `Value` for what has no nearer one, such as a named tuple. */
export function typescriptType(text: string, direction: Direction): string {
  return render(parseTorchType(text), direction);
}

/** A property's name as TypeScript takes it. */
export function propertyName(name: string): string {
  return isIdentifier(name) ? name : `'${jsonText(name).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** Whether an element of a tuple may be called so. */
export function isLabel(name: string): boolean {
  return isIdentifier(name) && !reserved.has(name);
}

function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);
}

function render(type: TorchType | undefined, direction: Direction): string {
  if (!type) return 'Value';
  if (type.args.length === 0 && Object.hasOwn(simple, type.name)) return simple[type.name] as string;
  const container = Object.hasOwn(containers, type.name) ? containers[type.name] : undefined;
  return container?.(type.args, direction) ?? 'Value';
}

function union(parts: readonly string[]): string {
  const members = new Set(
    parts.flatMap((part) => (part.includes(' | ') && !/[{<[]/.test(part) ? part.split(' | ') : part)),
  );
  return [...members].join(' | ');
}

function inArray(item: string): string {
  return item.includes(' | ') || item.startsWith('readonly ') ? `(${item})` : item;
}
