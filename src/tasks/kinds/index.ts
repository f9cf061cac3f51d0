/** THE TABLE of tasks. Types, the record's schema, its faults, labels and answers are made from its rows. */
import { describe, torchError, type ErrorDetail } from '../../errors.js';
import type { OutputMeaning } from '../../signature/meaning.js';
import type { Signature } from '../../signature/spec.js';
import { classification } from './classification.js';
import { embedding } from './embedding.js';
import { imageFaults, imageSchema } from './images.js';
import type { AnyTask, JsonSchema, PostprocessOptions, TaskKind } from './kind.js';
import { multiLabel } from './multi-label.js';
import { other } from './other.js';
import type { Tensor } from '../../tensor/tensor.js';

const rows = [classification, multiLabel, embedding, other] as const;

type Row = (typeof rows)[number];
type TaskOf<R> = R extends TaskKind<infer T, infer _> ? T : never;
type AnswerOf<R> = R extends TaskKind<infer _, infer A> ? A : never;

/** What a model is for, as its record says. */
export type Task = TaskOf<Row>;
/** What `ServedModel.predict` and `postprocessorFor` make of an output. */
export type Answer<T extends Task = Task> = AnswerOf<Extract<Row, { readonly type: T['type'] }>>;

export const taskKinds = rows as readonly unknown[] as readonly TaskKind<AnyTask, Answer>[];

/** A kind whose outputs have an answer. */
export type AnsweringKind = TaskKind<AnyTask, Answer> & {
  decode(task: AnyTask, output: Tensor, options: PostprocessOptions): Answer;
};

/** Of a model whose outputs nobody has given a meaning. */
export const noMeaning: Task = { type: other.type };

const byType = new Map(taskKinds.map((kind) => [kind.type, kind]));

/** The row of a task; undefined for what has none. */
export function taskKindOf(task: AnyTask | undefined): TaskKind<AnyTask, Answer> | undefined {
  return task && byType.get(task.type);
}

/** @throws ERR_TASK for a task without an answer */
export function answeringKind(task: AnyTask | undefined): AnsweringKind {
  const kind = taskKindOf(task);
  if (kind?.decode) return kind as AnsweringKind;
  const types = taskKinds.filter((row) => 'decode' in row).map(({ type }) => type);
  throw torchError('ERR_TASK', `Expected a task of type ${types.join(', ')} but received ${describe(task?.type)}`);
}

/** What each position of the output's last dimension stands for; undefined where the task says nothing of it. */
export function labelsOf(task: AnyTask): readonly string[] | undefined {
  return taskKindOf(task)?.labels?.(task);
}

/** What monitoring counts of a model's first output. */
export function meaningOf(task: AnyTask | undefined): OutputMeaning {
  return (task && taskKindOf(task)?.meaning?.(task)) ?? { answer: 'values' };
}

/** What Hugging Face calls a task; undefined where the record does not say enough. */
export function pipelineOf(task: AnyTask, { inputs }: Pick<Signature, 'inputs'>): string | undefined {
  const takesText = inputs.some(({ type, name }) => /\bstr\b|^Strings$/.test(type ?? '') || name === 'input_ids');
  return taskKindOf(task)?.pipelines?.[task.image ? 'image' : takesText ? 'text' : 'unknown'];
}

/** What a task says that the signature does not bear out. */
export function* taskFaults(task: AnyTask, signature: Signature): Generator<ErrorDetail> {
  yield* taskKindOf(task)?.faults(task, signature) ?? [];
  if (task.image) yield* imageFaults(task.image, signature);
}

/** A record's member `task`: one of the kinds. Its `type` says which, so that faults are told of that kind alone. */
export function taskSchema(): JsonSchema {
  return {
    type: 'object',
    required: ['type'],
    discriminator: { propertyName: 'type' },
    oneOf: taskKinds.map(({ type, members, optional = [] }: TaskKind<AnyTask & Record<string, unknown>>) => ({
      type: 'object',
      required: ['type', ...Object.keys(members).filter((name) => !optional.includes(name))],
      properties: { type: { type: 'string', const: type }, ...members, image: imageSchema },
      additionalProperties: false,
    })),
  };
}
