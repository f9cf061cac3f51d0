import type { ErrorDetail } from '../../errors.js';
import type { OutputMeaning } from '../../signature/meaning.js';
import type { Signature } from '../../signature/spec.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Arguments } from '../../tensor/value.js';
import type { ImageSpec } from '../image/spec.js';

/** What every task says of itself. */
export interface AnyTask {
  readonly type: string;
  /** How an encoded image becomes the input. */
  readonly image?: ImageSpec;
}

/** Plain JSON Schema: it needs no library until a record is read. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An input that is encoded, and no argument of a model yet. */
export type EncodedInput = Uint8Array | readonly Uint8Array[];

export interface EncodeOptions {
  /** Images of more pixels are refused. Default 50 million. */
  readonly maxPixels?: number | undefined;
  /** Images that still wait when it aborts are not decoded. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, more than 0. Images that still wait then are not decoded. */
  readonly timeoutMs?: number | undefined;
}

/** An answer as JSON shows it: every member has an entry for each row. */
type AnswerMembers = Readonly<Record<string, readonly unknown[]>>;

export interface PostprocessOptions {
  /** Classification: how many classes for each row. Default 5, or all where there are fewer. */
  topK?: number | undefined;
  /** Embedding with mean pooling: the mask that the model was given. */
  attentionMask?: Tensor | undefined;
}

/** What a model takes, as far as a record says it. */
type InputKind = 'image' | 'text' | 'unknown';

/** One kind of task: all that the package knows of it. A new kind is a file with such a row, and its place in the table. */
export interface TaskKind<T extends AnyTask = AnyTask, A = unknown> {
  readonly type: T['type'];
  /** The schema of each member that other kinds do not have. */
  readonly members: { readonly [K in keyof Omit<T, keyof AnyTask>]-?: JsonSchema };
  /** What its members are where a caller names the type alone. A record says each of them. */
  readonly defaults: Partial<Omit<T, keyof AnyTask>>;
  /** The members that a record may leave out. */
  readonly optional?: readonly (keyof T & string)[];
  /** Each row of the answer has at least one class and the best one comes first, so `/predict` can answer it. */
  readonly hasBestClass?: boolean;
  /** What Hugging Face calls it, by what goes in; without an entry for it, it has no name there. */
  readonly pipelines?: Partial<Record<InputKind, string>>;
  /** What the task says that the signature does not bear out. */
  faults(task: T, signature: Signature): Iterable<ErrorDetail>;
  /** What each position of the output's last dimension stands for. */
  labels?(task: T): readonly string[];
  /** What monitoring counts of the answers. A kind without this: the numbers themselves. */
  meaning?(task: T): OutputMeaning;
  /** Checks how many classes a caller asks for. A kind without this takes no such number. @throws ERR_OUT_OF_RANGE */
  checkTopK?(task: T, topK: number): void;
  /** The arguments of `forward` for an encoded input. @throws ERR_TASK where the task says of none what to make of it */
  encode(task: T, input: EncodedInput, options: EncodeOptions): Promise<Arguments>;
  /** What `decode` needs of a call besides its output. @throws InputError for what the caller must not give */
  decodeOptions?(task: T, signature: Signature, args: Arguments): PostprocessOptions;
  /** The answer that an output means. A kind without this has none. @throws InputError for what the output cannot be */
  decode?(task: T, output: Tensor, options: PostprocessOptions): A;
  /** The answer as JSON shows it. @param topK how many classes the caller asked for; undefined where it did not ask */
  toJson?(answer: A, topK?: number): AnswerMembers;
}
