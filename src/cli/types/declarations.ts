import type { ModelInfo } from '../../model/info.js';
import type { MethodSchema, Signature } from '../../signature/spec.js';
import { methodTypes, type Member, type MethodTypes, type Result } from './method-types.js';
import { isLabel, propertyName } from './typescript-type.js';

/** What declarations are made from. */
export interface DeclaredModel {
  /** How a reader knows it, e.g. `mnist-mlp v1.0`. */
  readonly title: string;
  readonly info: Pick<ModelInfo, 'engine' | 'sha256' | 'methods'>;
  readonly signature: Signature | undefined;
}

/** The text of a `.d.ts` for a model. The same model gives the same text. */
export function declarations({ title, info, signature }: DeclaredModel): string {
  const task = signature?.task ? `, task ${signature.task.type}` : '';
  return declarationsUnder(`${title}: ${info.engine}${task}, sha256 ${info.sha256}`, info.methods, signature);
}

/** The same under any headline, for a model of which there is no file. */
export function declarationsUnder(
  headline: string,
  schemas: readonly MethodSchema[],
  signature: Signature | undefined,
): string {
  const methods = schemas.map((schema) => methodTypes(schema, signature));
  const forward = methods.find(({ name }) => name === 'forward');
  return [
    '/**',
    ` * ${safe(headline)}`,
    ' *',
    ' * Written by `node-libtorch types`; write it again when the model changes.',
    ' */',
    "import type { Tensor, Value } from 'node-libtorch';",
    '',
    ...(forward ? forwardTypes(forward) : []),
    '/** Every exported method: its arguments by name and in order, and what it returns. */',
    'export type Methods = {',
    ...methods.flatMap((method) => (method === forward ? entryOfForward(method) : entry(method))),
    '};',
    '',
  ].join('\n');
}

function entryOfForward({ named }: MethodTypes): string[] {
  const members = [
    'inputs: Inputs',
    'ordered: OrderedInputs',
    'outputs: Outputs',
    ...(named ? ['named: NamedOutputs'] : []),
  ];
  return ['  readonly forward: {', ...members.map((member) => `    readonly ${member};`), '  };'];
}

function forwardTypes({ inputs, result, named }: MethodTypes): string[] {
  const comment = result.kind === 'one' ? result.value.comment : undefined;
  return [
    '/** What `forward` takes, by name. */',
    ...statement('export type Inputs =', objectType(inputs)),
    '',
    '/** The same in order. */',
    ...statement('export type OrderedInputs =', tupleType(inputs)),
    '',
    `/** What \`forward\` returns${comment ? `: ${safe(comment)}` : ''}. */`,
    ...statement('export type Outputs =', resultType(result)),
    '',
    ...(named
      ? [
          '/** The outputs by name, as a client of a server gets them: `client.model<Methods>(…)`. */',
          ...statement('export type NamedOutputs =', objectType(named)),
          '',
        ]
      : []),
  ];
}

function entry({ name, inputs, result }: MethodTypes): string[] {
  const members = [
    ...statement('readonly inputs:', objectType(inputs)),
    ...statement('readonly ordered:', tupleType(inputs)),
    ...statement('readonly outputs:', resultType(result)),
  ];
  return [`readonly ${propertyName(name)}: {`, ...members.map(indent), '};'].map(indent);
}

function objectType(members: readonly Member[]): string[] {
  // An empty type would take anything.
  if (members.length === 0) return ['Readonly<Record<string, never>>'];
  const lines = members.flatMap(({ name, type, comment, optional }) => [
    ...commentLine(comment),
    `  readonly ${propertyName(name)}${optional ? '?' : ''}: ${type};`,
  ]);
  return ['{', ...lines, '}'];
}

/** One tuple for each number of arguments: an optional element could be undefined, which no model takes. */
function tupleType(members: readonly Member[]): string[] {
  const required = members.findLastIndex(({ optional }) => !optional) + 1;
  const isNamed = members.every(({ name }) => isLabel(name));
  const elements = members.map(({ name, type }) => (isNamed ? `${name}: ${type}` : type));
  const tuples = Array.from({ length: members.length - required + 1 }, (_, more) => elements.slice(0, required + more));
  const types = tuples.map((tuple) => `readonly [${tuple.join(', ')}]`);
  return types.length === 1 ? types : ['', ...types.map((type) => `  | ${type}`)];
}

function resultType(result: Result): string[] {
  if (result.kind === 'one') return [result.value.type];
  if (result.kind === 'object') return objectType(result.members);
  const lines = result.members.flatMap(({ type, comment }) => [...commentLine(comment), `  ${type},`]);
  return lines.length === 0 ? ['readonly []'] : ['readonly [', ...lines, ']'];
}

function commentLine(comment: string | undefined): string[] {
  return comment === undefined ? [] : [`  /** ${safe(comment)} */`];
}

/** What begins a declaration, and the lines of the type that it declares. */
function statement(begin: string, type: readonly string[]): string[] {
  const [first, ...rest] = type;
  const lines = [`${begin} ${first ?? ''}`.trimEnd(), ...rest];
  return [...lines.slice(0, -1), `${lines.at(-1) ?? ''};`];
}

const indent = (line: string): string => `  ${line}`;

/** Names and labels come out of files: they may neither end a comment nor the line, nor turn the direction of what follows. */
function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').replaceAll('*/', '*\\/');
}
