import { torchError } from '../../errors.js';
import { limits } from './limits.js';
import { readInteger, readNumber } from './numbers.js';
import { invalid } from './reader.js';
import { beginsNumber, literalAt, numberEnd } from './tokens.js';
/**
 * The parameters that stand here: texts, numbers and booleans; integers beyond 2^53 are bigints. Those that are `null` are
 * left out.
 * @throws ERR_MALFORMED_JSON, ERR_BAD_REQUEST
 */
export function readParameters(reader, where) {
    const parameters = Object.create(null);
    reader.entries(where, limits.parameters, (name) => {
        if (name in parameters)
            throw invalid(`Expected ${name} once in ${where} but received it twice`);
        const value = readValue(reader, `${name} in ${where}`);
        if (value !== undefined)
            parameters[name] = value;
    });
    return parameters;
}
function readValue(reader, where) {
    const { bytes, at } = reader;
    if (beginsNumber(bytes[at]))
        return numberHere(reader, where);
    if (bytes[at] === 0x22)
        return reader.string(where, limits.text);
    const literal = literalAt(bytes, at);
    if (literal === undefined)
        throw reader.mismatch(where, 'a text, a number or a boolean');
    reader.at = at + literal.length;
    return literal === 'null' ? undefined : literal === 'true';
}
function numberHere(reader, where) {
    const { bytes, at } = reader;
    const isInteger = /^-?\d+$/.test(bytes.toString('latin1', at, Math.min(numberEnd(bytes, at), at + limits.text)));
    const value = isInteger ? readInteger(reader, () => where) : readNumber(reader);
    if (typeof value === 'bigint' && Number.isSafeInteger(Number(value)))
        return Number(value);
    // The wire of gRPC has 64 bits; longer ones were not read to their end.
    if (typeof value === 'bigint' ? value >= -(2n ** 63n) && value < 2n ** 64n : Number.isFinite(value))
        return value;
    throw torchError('ERR_OUT_OF_RANGE', `Expected a number of 64 bits for ${where}`);
}
/** Parameters as JSON; undefined where there are none. */
export function writeParameters(parameters) {
    const members = Object.entries(parameters ?? {});
    if (members.length === 0)
        return undefined;
    return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${typeof value === 'bigint' ? value : JSON.stringify(value)}`).join(',')}}`;
}
