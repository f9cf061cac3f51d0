import { torchError, type ElementFault, type TorchError } from '../errors.js';
import { dtypeTable, type DType } from '../tensor/dtype.js';
import { decodeBFloat16, decodeFloat16, encodeBFloat16, encodeFloat16 } from '../tensor/float16.js';
import type { Tensor } from '../tensor/tensor.js';
import { rangeHint } from './hints.js';

/** Least and greatest of some numbers, both inclusive. */
export type Bounds = readonly [min: number, max: number];

/** More faults than this help no reader, and an input must not make us build a million of them. */
export const maxFaults = 16;

/** What a number becomes as an element, where that is another number. */
const roundings: Partial<Record<DType, (value: number) => number>> = {
  float32: Math.fround,
  float16: (value) => decodeFloat16(encodeFloat16(value)),
  bfloat16: (value) => decodeBFloat16(encodeBFloat16(value)),
};

/** The greatest finite number of each float dtype. */
const greatest: Partial<Record<DType, number>> = {
  float64: Number.MAX_VALUE,
  float32: (2 - 2 ** -23) * 2 ** 127,
  float16: 65504,
  bfloat16: (2 - 2 ** -7) * 2 ** 127,
};

const decoders: Partial<Record<DType, (bits: number) => number>> = {
  float16: decodeFloat16,
  bfloat16: decodeBFloat16,
};

/**
 * Holds every element of a tensor to inclusive bounds.
 * @param measured the least and the greatest of the numbers that the elements were rounded from: within the range, they
 * spare the look at each element; outside of it, they refuse a tensor whose elements rounding has brought back into it
 * @throws ERR_NOT_FINITE, ERR_OUT_OF_RANGE, with at most 16 faults. Messages name the element, never its value: they
 * end up in logs.
 */
export function checkRange(name: string, range: Bounds, tensor: Tensor, measured?: Bounds): void {
  const { dtype, data } = tensor;
  const most = greatest[dtype] ?? Infinity;
  const isMeasured = measured !== undefined && measured[0] >= range[0] && measured[1] <= range[1];
  // One that is too large for the dtype has become an infinity.
  if (isMeasured && measured[0] >= -most && measured[1] <= most) return;
  // 0.1 as a float32 is a little above 0.1, and must not fall out of [0, 0.1].
  const round = roundings[dtype] ?? Number;
  // An infinity is in no range.
  const [min, max] = [Math.max(-most, round(range[0])), Math.min(most, round(range[1]))];
  const decode = decoders[dtype];
  if (dtype === 'float32') {
    const floats = data as Float32Array;
    if (!areSurelyWithin(floats, min, max) && !areWithin(floats, min, max)) {
      throw outOfRange(name, range, tensor, [min, max]);
    }
  } else if (decode) {
    for (let i = 0; i < data.length; ++i) {
      const value = decode(data[i] as number);
      if (!(value >= min && value <= max)) throw outOfRange(name, range, tensor, [min, max]);
    }
  } else {
    for (let i = 0; i < data.length; ++i) {
      const value = data[i] as number | bigint;
      if (!(value >= min && value <= max)) throw outOfRange(name, range, tensor, [min, max]); // false for NaN
    }
  }
  if (measured && !isMeasured)
    throw torchError('ERR_OUT_OF_RANGE', `${expectation(name, range)} but one is outside`, { faults: [] });
}

/** Fewer elements are not worth a view of their bits. */
const worthBits = 64;
const ends = new Float32Array(2);
const endBits = new Int32Array(ends.buffer);

/**
 * Floats that are not negative are in the order of their bits, which takes half the time to look at. False says nothing: -0 has the bits
 * of a negative number, and a range may begin below 0.
 */
function areSurelyWithin(data: Float32Array, min: number, max: number): boolean {
  if (data.length < worthBits || !(min >= 0 && max >= min)) return false;
  ends[0] = min + 0; // -0 + 0 is 0
  ends[1] = max;
  const least = endBits[0] as number;
  const span = (endBits[1] as number) - least;
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const whole = bits.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    // What is below the least wraps round to more than any span.
    if (((bits[i] as number) - least) >>> 0 > span) return false;
    if (((bits[i + 1] as number) - least) >>> 0 > span) return false;
    if (((bits[i + 2] as number) - least) >>> 0 > span) return false;
    if (((bits[i + 3] as number) - least) >>> 0 > span) return false;
  }
  for (let i = whole; i < bits.length; ++i) if (((bits[i] as number) - least) >>> 0 > span) return false;
  return true;
}

/** A function of its own: a loop that has seen arrays of several kinds takes ten times as long for each. */
function areWithin(data: Float32Array, min: number, max: number): boolean {
  for (let i = 0; i < data.length; ++i) {
    const value = data[i] as number;
    if (!(value >= min && value <= max)) return false; // so is NaN
  }
  return true;
}

/** What is wrong with one number that is outside of a range. The sentence tells on which side, never the number. */
export function rangeFault(argument: string, element: number, value: number | bigint, range: Bounds): ElementFault {
  const isNaN = Number.isNaN(value);
  const reason = isNaN ? 'NaN' : value < range[0] ? 'a smaller one' : 'a larger one';
  return {
    argument,
    element,
    detail: `Expected a number from ${range[0]} to ${range[1]} but received ${reason}`,
    isNaN,
  };
}

/** The last argument is the range as the dtype holds it. */
function outOfRange(name: string, range: Bounds, tensor: Tensor, [min, max]: Bounds): TorchError {
  const { dtype, data } = tensor;
  const valueOf = (element: number): number | bigint => {
    const stored = data[element] as number | bigint;
    return decoders[dtype]?.(stored as number) ?? stored;
  };
  const faults: ElementFault[] = [];
  for (let element = 0; element < data.length && faults.length < maxFaults; ++element) {
    const value = valueOf(element);
    if (value >= min && value <= max) continue;
    faults.push(rangeFault(name, element, value, range));
  }
  const [{ element }] = faults as [ElementFault];
  if (dtypeTable[dtype].kind === 'float' && !Number.isFinite(valueOf(element))) {
    const message = `Expected finite numbers for ${name} but element ${element} is not finite`;
    return torchError('ERR_NOT_FINITE', message, { faults });
  }
  const hint = rangeHint(range, tensor, valueOf);
  return torchError('ERR_OUT_OF_RANGE', `${expectation(name, range)} but element ${element} is outside`, {
    faults,
    hint,
  });
}

function expectation(name: string, range: Bounds): string {
  return `Expected values in [${range[0]}, ${range[1]}] for ${name}`;
}
