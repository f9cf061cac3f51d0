import { choiceOfQuery, mergedChoice } from '../codec/choice.js';
import type { EncodedType } from '../codec/encoded-type.js';
import { requireImageRoom } from '../codec/image-room.js';
import { readImages } from '../codec/images.js';
import type { Exchange } from '../http/exchange.js';
import { splitName } from '../inference/model-name.js';
import { requireRoomFor, requireServing } from '../readiness.js';
import { answerImages, requireImages, topKOf } from './predict-task.js';

/**
 * `POST /predict` with an image, or a form of them. What can be refused by the query alone is refused before the body is
 * read: a photograph takes a phone seconds to send.
 */
export async function answerEncoded(exchange: Exchange, type: EncodedType): Promise<void> {
  const { call, req, context } = exchange;
  const { host } = context;
  requireServing(context);
  requireImageRoom(context);
  call.limitTo(exchange.timeLimit);
  const asked = choiceOfQuery(req.url ?? '');
  const query = splitName(asked);
  if (type === 'image' || query.model !== undefined) {
    const named = host.model(query.model ?? host.defaultModel, query.version, call.split);
    requireImages(named);
    requireRoomFor(named, call);
    topKOf(named, query.topK);
  }
  const { images, choice } = await readImages(req, type, context);
  const { model = host.defaultModel, version, topK } = splitName(mergedChoice(asked, choice));
  const served = host.model(model, version, call.split);
  call.about(served);
  requireRoomFor(served, call);
  await answerImages(exchange, served, images, topK);
}
