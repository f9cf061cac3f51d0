import { describe, withArticle } from '../errors.js';
import type { InferResponse, Parameters } from '../protocol/messages.js';
import { nestedStrings } from '../tensor/strings.js';
import { Tensor } from '../tensor/tensor.js';
import { InferenceProtocolError } from './errors.js';
import type { NestedStrings } from './inputs.js';
import type { AnyServed, OutputValue } from './types.js';

/** An answer of a model. */
export class InferResult<O = AnyServed['forward']['named']> {
  /** By name: tensors, and strings in arrays of the output's shape. */
  readonly outputs: O;
  readonly modelName: string;
  /** The version that answered; empty where the server does not say. */
  readonly modelVersion: string;
  /** The request's own. */
  readonly id: string | undefined;
  /** What the server said about the whole answer. */
  readonly parameters: Parameters;
  readonly #operation: string;

  /** @internal */
  constructor({ outputs, modelName, modelVersion, id, parameters }: InferResponse, operation: string) {
    this.outputs = Object.fromEntries(
      outputs.map(({ name, content }) => [name, content instanceof Tensor ? content : nestedStrings(content)]),
    ) as O;
    this.modelName = modelName;
    this.modelVersion = modelVersion;
    this.id = id;
    this.parameters = parameters ?? {};
    this.#operation = operation;
  }

  /**
   * An output that is a tensor.
   * @param name may be left out where there is one output alone
   * @throws ERR_BAD_ANSWER where there is none of that name, or it holds strings
   */
  tensor(name?: string): Tensor {
    const value = this.#output(name);
    if (value instanceof Tensor) return value;
    throw this.#unexpected(`a tensor for the output ${name ?? ''}`, 'strings');
  }

  /**
   * An output that holds strings, in arrays of its shape.
   * @param name may be left out where there is one output alone
   * @throws ERR_BAD_ANSWER where there is none of that name, or it is a tensor
   */
  strings(name?: string): NestedStrings {
    const value = this.#output(name);
    if (!(value instanceof Tensor)) return value;
    throw this.#unexpected(`strings for the output ${name ?? ''}`, withArticle(`${value.dtype} tensor`));
  }

  #output(name: string | undefined): OutputValue {
    const outputs = new Map(Object.entries(this.outputs as Readonly<Record<string, OutputValue>>));
    const value = name === undefined && outputs.size === 1 ? [...outputs.values()][0] : outputs.get(name ?? '');
    if (value !== undefined) return value;
    const what = name === undefined ? 'one output, or the name of one,' : `an output ${describe(name)}`;
    throw this.#unexpected(what, [...outputs.keys()].join(', ') || 'none');
  }

  #unexpected(what: string, got: string): InferenceProtocolError {
    const message = `Expected ${what} in the answer to ${this.#operation} but received ${got}`;
    return new InferenceProtocolError('ERR_BAD_ANSWER', message, { operation: this.#operation });
  }
}
