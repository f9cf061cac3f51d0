import { Pieces } from '../../protocol/binary/pieces.js';
import { decodeResponse, headerLengthName, headerLengthOf } from '../../protocol/decode.js';
import { encodeRequest, type EncodedMessage } from '../../protocol/encode.js';
import type { InferRequest, InferResponse } from '../../protocol/messages.js';
import { owned } from '../owned.js';
import { notOfProtocol } from './answer.js';
import type { HttpAnswer } from './exchange.js';

/** A request as bytes. Long texts are written piece by piece, and others have their turn in between. */
export async function encoded(request: InferRequest, binary: boolean): Promise<EncodedMessage> {
  const work = encodeRequest(binary ? withBinaryOutputs(request) : request, () => binary);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Asks for bytes: of all outputs, or of each that is named. */
function withBinaryOutputs({ outputs, parameters, ...request }: InferRequest): InferRequest {
  if (!outputs) return { ...request, parameters: { ...parameters, binary_data_output: true } };
  const asked = outputs.map((output) => ({ ...output, parameters: { ...output.parameters, binary_data: true } }));
  return { ...request, ...(parameters && { parameters }), outputs: asked };
}

/** @throws InferenceProtocolError */
export function responseOf(answer: HttpAnswer, operation: string): InferResponse {
  const header = answer.header(headerLengthName);
  try {
    const headerLength = header === undefined ? undefined : headerLengthOf(header);
    const response = decodeResponse(new Pieces(answer.body), { headerLength });
    return { ...response, outputs: response.outputs.map(owned) };
  } catch (cause) {
    throw notOfProtocol(answer, operation, cause);
  }
}
