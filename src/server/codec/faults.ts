import { InputError, torchError, type ErrorCode, type TorchError } from '../../errors.js';

/** What is wrong with one number of a request. */
export interface ElementFault {
  /** Its index in the argument's data. */
  readonly element: number;
  readonly detail: string;
}

/** More faults than this help no reader, and a request must not make us build a million of them. */
export const maxFaults = 16;

/** The error of faults in `input_data`, each with its JSON pointer. */
export function pointed(code: ErrorCode, faults: readonly ElementFault[], cause?: unknown): TorchError {
  const errors = faults
    .slice(0, maxFaults)
    .map(({ element, detail }) => ({ pointer: `/input_data/${element}`, detail }));
  const [first] = faults;
  const message = first ? `input_data[${first.element}]: ${first.detail}` : 'input_data is not valid';
  return torchError(code, message, cause === undefined ? { errors } : { errors, cause });
}

/** An error of the model's door, whose faults name elements, in the terms of the request; others as they are. */
export function inRequestTerms(error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  const { faults } = error as InputError & { readonly faults?: readonly ElementFault[] };
  return faults && faults.length > 0 ? pointed(error.code, faults, error) : error;
}
