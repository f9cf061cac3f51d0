import { describe, torchError } from '../../errors.js';
import type { Execution } from '../../model/model.js';
import type { InferRequest, InferResponse, ParameterValue, Parameters } from '../../protocol/messages.js';
import { requireRoomFor, requireServing } from '../readiness.js';
import type { ServerCall } from '../call.js';
import { interfaceOf } from './model-interface.js';
import { refusalOf } from './model-refusal.js';
import type { ServedModel } from '../../serving/index.js';

/** The model that a request names. */
export interface InferTarget {
  readonly model: string;
  /** Default: the model's default version. */
  readonly version?: string | undefined;
}

/** The priority of a request whose body is still to come and may say how urgent it is. */
export const mostUrgent = 1;

/** Finds the model of a request. @throws ERR_NOT_READY, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND */
function find(call: ServerCall, { model, version }: InferTarget): ServedModel {
  const served = call.context.host.model(model, version, call.split);
  call.about(served);
  return served;
}

/**
 * Finds the model of a request before its body is read, and asks whether it would take another one.
 * @param priority that the request may have. Default: that of the model's queue, for a protocol that has no priorities
 * @throws ERR_NOT_READY, ERR_DRAINING, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_QUEUE_FULL, ERR_TIMEOUT
 */
export function admit(call: ServerCall, target: InferTarget, priority?: number): ServedModel {
  requireServing(call.context);
  const served = find(call, target);
  requireRoomFor(served, call, priority);
  return served;
}

/**
 * Answers one request. Every protocol comes here: this is the only way from a message to a model.
 * Routes call `admit` before they read a body.
 * @throws as `host.model`; ERR_INVALID_INPUT and its kin for what the model does not take; as `ServedModel.execute`
 */
export async function infer(call: ServerCall, target: InferTarget, request: InferRequest): Promise<InferResponse> {
  // Anew: another may serve the name since the body began to arrive. The rest is asked where the run is begun.
  const served = find(call, target);
  const { note } = call;
  const model = interfaceOf(served);
  const { id, parameters, inputs, outputs } = request;
  const limits = limitsOf(call, parameters);
  if (outputs) model.checkOutputs(outputs);
  const first = inputs[0]?.content;
  note.shape = first?.shape ?? [];
  note.rows = first?.shape[0] ?? 1;
  const args = model.argumentsOf(inputs);
  let execution: Execution;
  try {
    execution = await served.execute('forward', args, { owned: true, ...limits });
  } catch (error) {
    throw refusalOf(error, served);
  }
  const { value, timings } = execution;
  call.noteTimes(timings);
  if (id !== undefined) call.context.feedback.alias(call.id, id, call.tokenId);
  return {
    modelName: served.name,
    modelVersion: served.version,
    outputs: await model.outputsOf(value, outputs),
    ...(id !== undefined && { id }),
  };
}

type Limits = ReturnType<ServerCall['limits']> & { readonly priority?: number };

/** `timeout` shortens the call's time and never lengthens it; 0 is none. */
function limitsOf(call: ServerCall, parameters: Parameters | undefined): Limits {
  const timeoutUs = integer(parameters, 'timeout');
  const priority = integer(parameters, 'priority');
  if (timeoutUs) call.limitTo(Math.min(timeoutUs / 1000, call.limitMs));
  return priority ? { priority, ...call.limits() } : call.limits();
}

function integer(parameters: Parameters | undefined, name: string): number | undefined {
  const given: ParameterValue | undefined = parameters?.[name];
  if (given === undefined) return undefined;
  const value = typeof given === 'bigint' ? Number(given) : given;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw torchError(
    'ERR_OUT_OF_RANGE',
    `Expected an integer of at least 0 for the parameter ${name} but received ${describe(given)}`,
  );
}
