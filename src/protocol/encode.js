/** Messages with tensors of the Open Inference Protocol over REST, written. `decode.ts` names the sources. */
import { datatypeOf } from './datatype.js';
import { bytesOfTensor } from './binary/tensor-bytes.js';
import { writeData } from './json/write-data.js';
import { writeParameters } from './json/parameters.js';
import { Tensor } from '../tensor/tensor.js';
/** Parameters by which a caller asks for an output, and that an answer does not repeat. */
const requestOnly = new Set(['binary_data', 'classification']);
/**
 * A response. It yields after some milliseconds of work, so that a caller can let others have a turn.
 * @param isBinary whether an output goes as bytes behind the JSON
 */
export function* encodeResponse({ id, modelName, modelVersion, parameters, outputs }, isBinary) {
    const message = new MessageWriter();
    message.member('model_name', JSON.stringify(modelName));
    message.member('model_version', JSON.stringify(modelVersion));
    message.members(id, parameters);
    yield* message.tensors('outputs', outputs, isBinary);
    return message.end();
}
/** A request, as `encodeResponse`. */
export function* encodeRequest({ id, parameters, inputs, outputs }, isBinary) {
    const message = new MessageWriter();
    message.members(id, parameters);
    yield* message.tensors('inputs', inputs, isBinary);
    if (outputs)
        message.member('outputs', `[${outputs.map(outputText).join(',')}]`);
    return message.end();
}
/** Does all of a work that yields at once. */
export function complete(work) {
    for (;;) {
        const { done, value } = work.next();
        if (done === true)
            return value;
    }
}
function outputText({ name, parameters }) {
    const text = writeParameters(parameters);
    return `{"name":${JSON.stringify(name)}${text === undefined ? '' : `,"parameters":${text}`}}`;
}
/** Texts of JSON are encoded when there are many. */
const textsOfPart = 256 * 1024;
class MessageWriter {
    #header = [];
    #binary = [];
    #text = '';
    #isBegun = false;
    add(text) {
        this.#text += text;
        if (this.#text.length > textsOfPart)
            this.#flush();
    }
    member(name, value) {
        this.add(`${this.#isBegun ? ',' : '{'}"${name}":${value}`);
        this.#isBegun = true;
    }
    members(id, parameters) {
        if (id !== undefined)
            this.member('id', JSON.stringify(id));
        const text = writeParameters(parameters);
        if (text !== undefined)
            this.member('parameters', text);
    }
    *tensors(member, tensors, isBinary) {
        this.member(member, '[');
        for (const [i, tensor] of tensors.entries()) {
            if (i > 0)
                this.add(',');
            yield* this.#tensor(tensor, isBinary(tensor));
        }
        this.add(']');
    }
    *#tensor({ name, content, parameters }, isBinary) {
        const datatype = content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES';
        this.add(`{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${content.shape.join(',')}]`);
        const own = Object.entries(parameters ?? {}).filter(([key]) => !requestOnly.has(key) && key !== 'binary_data_size');
        if (isBinary) {
            const bytes = bytesOfTensor(content);
            own.push(['binary_data_size', bytes.byteLength]);
            if (bytes.byteLength > 0)
                this.#binary.push(bytes);
        }
        const text = own.length === 0 ? undefined : writeParameters(Object.fromEntries(own));
        if (text !== undefined)
            this.add(`,"parameters":${text}`);
        if (!isBinary) {
            this.add(',"data":[');
            let isFirst = true;
            for (const elements of writeData(content)) {
                if (!isFirst)
                    yield;
                isFirst = false;
                this.add(elements);
            }
            this.add(']');
        }
        this.add('}');
    }
    end() {
        this.#text += '}';
        this.#flush();
        const headerLength = this.#header.reduce((sum, part) => sum + part.length, 0);
        const isBinary = this.#binary.length > 0;
        const parts = [...this.#header, ...this.#binary];
        return {
            contentType: isBinary ? 'application/octet-stream' : 'application/json',
            headerLength: isBinary ? headerLength : undefined,
            parts,
            length: parts.reduce((sum, part) => sum + part.byteLength, 0),
        };
    }
    #flush() {
        this.#header.push(Buffer.from(this.#text));
        this.#text = '';
    }
}
