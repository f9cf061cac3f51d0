import type { Rpc } from '../../protocol/grpc/rpcs.js';
import { rpcs } from '../../protocol/grpc/rpcs.js';
import { addressOf, isRaw, requestOf, wireResponse } from '../../protocol/grpc/infer-codec.js';
import type { WireInferRequest, WireInferResponse, WireStreamResponse } from '../../protocol/grpc/infer-messages.js';
import { errorCodeParameter, statusCodes } from '../../protocol/grpc/status.js';
import { torchError, type ErrorCode } from '../../errors.js';
import type { ServerCall } from '../call.js';
import { room } from '../http/turn.js';
import { admit, infer, mostUrgent } from '../inference/infer.js';
import { namesOf } from '../inference/model-name.js';
import { asTorchError } from '../public-error.js';
import type { Asked, Stream } from './rpc-row.js';
import { detailsOf } from './status.js';

/** Answers one request of inference. @throws as `infer`, and for a message that is not what it says */
async function answerInfer(call: ServerCall, wire: WireInferRequest): Promise<WireInferResponse> {
  const target = namesOf(addressOf(wire));
  // Before its tensors are copied.
  admit(call, target, mostUrgent);
  const response = await infer(call, target, requestOf(wire));
  return wireResponse(response, isRaw(wire));
}

export const modelInfer = ({ call }: Asked, request: WireInferRequest): Promise<WireInferResponse> =>
  answerInfer(call, request);

type InferStream = typeof rpcs.modelStreamInfer extends Rpc<infer Q, infer A> ? Stream<Q, A> : never;

/**
 * `ModelStreamInfer`: requests one after the other, answered in their order, several at a time. A request that fails is answered
 * with its id and an error, and the stream goes on.
 */
export function modelStreamInfer(stream: InferStream): void {
  const { reading } = stream.grpc;
  let last: Promise<void> = Promise.resolve();
  let open = 0;
  let isEnding = false;
  const endWhenDone = (): void => {
    if (!isEnding || open > 0) return;
    const { aborted } = stream.stopping;
    stream.end(aborted ? torchError('ERR_DRAINING', 'The server is shutting down') : undefined);
  };
  const stop = (): void => {
    isEnding = true;
    endWhenDone();
  };
  stream.stopping.addEventListener('abort', stop, { once: true });
  stream.onEnd(stop);
  stream.onMessage((message) => {
    // A client that sends on and on would keep the server from its end: it is told to go elsewhere once those before are answered.
    if (stream.stopping.aborted) {
      reading.used(message.length);
      reading.answered();
      return;
    }
    open++;
    const before = last;
    const { length } = message;
    const answering = answerOne(stream, message);
    last = (async () => {
      const answer = await answering;
      reading.used(length);
      // Whatever went before, answers keep the order of their requests.
      await before;
      await answer();
      reading.answered();
      open--;
      endWhenDone();
    })();
  });
  stream.grpc.onEnd(() => stream.stopping.removeEventListener('abort', stop));
}

/** Answers one request of a stream. Returns what sends the answer; neither throws. */
async function answerOne(stream: InferStream, message: Buffer): Promise<() => Promise<void>> {
  const call = stream.grpc.begin();
  let id = '';
  try {
    const wait = room();
    if (wait) await wait;
    call.authorize(stream.grpc.authorization, 'infer');
    const wire = rpcs.modelStreamInfer.request.decode(message);
    id = wire.id;
    const response = await call.inSpan(() => answerInfer(call, wire));
    // Triton's word for: this request has no more answers.
    const parameters = { ...response.parameters, triton_final_response: { bool_param: true } };
    return sending(stream, call, { error_message: '', infer_response: { ...response, parameters } });
  } catch (thrown) {
    if (call.isOver) return () => Promise.resolve();
    const error = call.failed(asTorchError(thrown));
    return sending(stream, call, { error_message: detailsOf(error), infer_response: failed(id, error.code) });
  }
}

/** What sends an answer. It keeps nothing of the request, which may be large, while it waits for its turn. */
function sending(stream: InferStream, call: ServerCall, answer: WireStreamResponse): () => Promise<void> {
  return async () => {
    await stream.send(answer);
    stream.grpc.answered(call, statusCodes.OK);
  };
}

/** With the id, so that the client knows which request it was, and the code, which the sentence does not tell. */
function failed(id: string, code: ErrorCode): WireInferResponse {
  const parameters = { [errorCodeParameter]: { string_param: code } };
  return { model_name: '', model_version: '', id, parameters, outputs: [], raw_output_contents: [] };
}
