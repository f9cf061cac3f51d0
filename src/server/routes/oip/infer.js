import { Pieces } from '../../../protocol/binary/pieces.js';
import { decodeRequest, headerLengthName, headerLengthOf, rawRequest } from '../../../protocol/decode.js';
import { encodeResponse } from '../../../protocol/encode.js';
import { foreignBody, readPieces } from '../../http/body.js';
import { responseEncodingOf } from '../../http/encoding.js';
import { smallText } from '../../http/json.js';
import { room } from '../../http/turn.js';
import { admit, infer } from '../../inference/infer.js';
import { interfaceOf } from '../../inference/model-interface.js';
import { targetOf } from './target.js';
/** `POST /v2/models/:model/infer`, in JSON, with binary tensors, or raw. */
export function inference(context) {
    return (exchange, parameters) => answer(exchange, parameters, context);
}
async function answer(exchange, parameters, context) {
    const { call, req } = exchange;
    const target = targetOf(parameters);
    call.limitTo(exchange.timeLimit);
    const served = admit(call, target);
    const given = req.headers[headerLengthName];
    const headerLength = given === undefined ? undefined : headerLengthOf(String(given));
    const body = await bodyOf(exchange, context.bodyLimits[headerLength === undefined ? 'json' : 'octets']);
    // Others that are ready with theirs have their turn.
    const wait = body.length > smallText ? room() : undefined;
    if (wait)
        await wait;
    const request = read(body, headerLength, served, context);
    const response = await infer(call, target, request);
    const message = await inTurns(encodeResponse(response, binaryOutputs(request)));
    await send(exchange, message);
}
async function bodyOf({ req }, limit) {
    const foreign = foreignBody(req);
    if (foreign === undefined)
        return readPieces(req, limit);
    // What a body parser in front of us has made of it; numbers beyond 2^53 were rounded there.
    return Pieces.of(Buffer.isBuffer(foreign) ? foreign : Buffer.from(JSON.stringify(foreign)));
}
function read(body, headerLength, served, { host, bodyLimits }) {
    if (headerLength === 0)
        return rawRequest(body, interfaceOf(served).inputs);
    return decodeRequest(body, { headerLength, parser: host, mostJson: bodyLimits.json });
}
/** Which outputs go as bytes: each as it was asked for, else as the request says for all. */
function binaryOutputs({ parameters }) {
    const all = parameters?.binary_data_output === true;
    return ({ parameters: own }) => {
        const asked = own?.binary_data;
        return typeof asked === 'boolean' ? asked : all;
    };
}
/** Does work that yields, and lets others have their turn where it does. */
async function inTurns(work) {
    for (;;) {
        const { done, value } = work.next();
        if (done === true)
            return value;
        const wait = room();
        if (wait)
            await wait;
    }
}
/** Smaller answers do not become smaller. */
const worthCompressing = 1024;
async function send(exchange, message) {
    const { contentType, headerLength, parts } = message;
    // It counts bytes before compression.
    const headers = headerLength === undefined ? {} : { 'Inference-Header-Content-Length': headerLength };
    const encoding = responseEncodingOf(exchange.req.headers['accept-encoding']);
    // Numbers as bytes hardly become smaller, so a client that merely lists what it can read gets them as they are.
    const isWorth = encoding?.isAskedFor === true || (headerLength === undefined && message.length >= worthCompressing);
    if (!encoding || !isWorth) {
        exchange.send(200, contentType, parts, headers);
        return;
    }
    const bytes = await encoding.encode(Buffer.concat(parts));
    exchange.send(200, contentType, [bytes], { ...headers, 'content-encoding': encoding.name });
}
