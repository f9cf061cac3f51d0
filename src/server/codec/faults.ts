import { InputError, torchError, type ElementFault, type ErrorCode, type TorchError } from '../../errors.js';
import type { Rows, RowsOf } from './rows.js';

/** More faults than this help no reader, and a request must not make us build a million of them. */
export const maxFaults = 16;

/** The error of faults in `input_data`, each with its JSON pointer. */
export function pointed(
  code: ErrorCode,
  faults: readonly Pick<ElementFault, 'element' | 'detail'>[],
  cause?: unknown,
): TorchError {
  const errors = faults
    .slice(0, maxFaults)
    .map(({ element, detail }) => ({ pointer: `/input_data/${element}`, detail }));
  const [first] = faults;
  const message = first ? `input_data[${first.element}]: ${first.detail}` : 'input_data is not valid';
  return torchError(code, message, cause === undefined ? { errors } : { errors, cause });
}

/**
 * An error of the model's door, whose faults name elements, in the terms of the request; other errors as they are. An
 * infinity is out of range here: in JSON it is a number that is too large.
 */
export function inRequestTerms(error: unknown, rows: Rows, model: RowsOf): unknown {
  if (!(error instanceof InputError) || !error.faults) return error;
  const faults = error.faults.length > 0 ? error.faults : hiddenFaults(rows, model);
  return pointed(faults[0]?.isNaN ? 'ERR_NOT_FINITE' : 'ERR_OUT_OF_RANGE', faults, error);
}

/** Numbers that are outside of the range until float32 rounds them into it. */
function hiddenFaults({ numbers = () => [] }: Rows, { range }: RowsOf): readonly ElementFault[] {
  const [min, max] = range ?? [-Infinity, Infinity];
  const faults: ElementFault[] = [];
  for (const [element, value] of Array.from(numbers()).entries()) {
    if (value >= min && value <= max) continue;
    const detail = `Expected a number from ${min} to ${max} but received a ${value < min ? 'smaller' : 'larger'} one`;
    if (faults.push({ argument: 'input_data', element, detail, isNaN: false }) === maxFaults) break;
  }
  return faults;
}
