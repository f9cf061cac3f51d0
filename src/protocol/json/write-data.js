import { dtypeTable } from '../../tensor/dtype.js';
import { decoderOf } from '../../tensor/element.js';
import { Tensor } from '../../tensor/tensor.js';
/** Elements that are written before others have a turn: some milliseconds. */
const elementsOfTurn = 16 * 1024;
/**
 * The elements of a tensor as JSON, separated by commas. Floats are written so that the double they read as is exactly
 * theirs; NaN, Infinity and -Infinity as words, which Triton and Python read.
 */
export function* writeData(content) {
    const { data } = content;
    const write = content instanceof Tensor ? writerOf(content.dtype) : JSON.stringify;
    for (let from = 0; from < data.length; from += elementsOfTurn) {
        const to = Math.min(from + elementsOfTurn, data.length);
        const texts = new Array(to - from);
        for (let i = from; i < to; i++)
            texts[i - from] = write(data[i]);
        yield from === 0 ? texts.join(',') : `,${texts.join(',')}`;
    }
}
function writerOf(dtype) {
    const { kind } = dtypeTable[dtype];
    const decode = decoderOf(dtype);
    if (kind === 'float')
        return (element) => floatText(decode(element));
    return kind === 'bool' ? (element) => (element === 0 ? 'false' : 'true') : String;
}
/** -0 would be read as an integer, which has no such thing. */
const floatText = (value) => (Object.is(value, -0) ? '-0.0' : String(value));
