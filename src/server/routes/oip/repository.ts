import { JsonReader } from '../../../protocol/json/reader.js';
import { literalAt } from '../../../protocol/json/tokens.js';
import { bytesOfForeignJson } from '../../codec/json-body.js';
import { foreignBody, readPieces } from '../../http/body.js';
import type { Exchange, Handler } from '../../http/exchange.js';
import { modelIndex } from '../../inference/describe-model.js';
import { answer } from './metadata.js';

/** Nobody has more to say here. */
const mostBytes = 64 * 1024;

/** `POST /v2/repository/index`: every version that the host knows of. An empty body asks for all of them. */
export const repositoryIndex: Handler = async (exchange) => {
  const isReadyOnly = readyOf(await bodyOf(exchange));
  const entries = modelIndex(exchange.context.host);
  answer(exchange, 200, isReadyOnly ? entries.filter(({ state }) => state === 'READY') : entries);
};

async function bodyOf({ req }: Exchange): Promise<Buffer> {
  const foreign = foreignBody(req);
  if (foreign !== undefined) return bytesOfForeignJson(foreign);
  const body = await readPieces(req, mostBytes);
  return body.range(0, body.length);
}

function readyOf(bytes: Buffer): boolean {
  if (bytes.length === 0) return false;
  const reader = new JsonReader(bytes);
  let isReady = false;
  reader.members('the request', ['ready'], () => {
    const literal = literalAt(bytes, reader.at);
    if (literal === undefined) throw reader.mismatch('ready', 'true or false');
    reader.at += literal.length;
    isReady = literal === 'true';
  });
  reader.end();
  return isReady;
}
