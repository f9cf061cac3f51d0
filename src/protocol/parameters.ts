/** Parameters of the protocol that are no word of the caller's own. */
import { describe } from '../errors.js';
import { invalid } from './json/reader.js';
import type { Parameters } from './messages.js';

/** A flag among parameters; undefined where it is not given. @throws ERR_BAD_REQUEST for anything but a boolean */
export function flagOf(parameters: Parameters | undefined, name: string, where: string): boolean | undefined {
  const value = parameters?.[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(`Expected true or false for ${name} of ${where} but received ${describe(value)}`);
}

/** A size in bytes among parameters; undefined where it is not given. @throws ERR_BAD_REQUEST */
export function sizeOf(parameters: Parameters | undefined, name: string, where: string): number | undefined {
  const value = parameters?.[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`Expected an integer of at least 0 for ${name} of ${where} but received ${describe(value)}`);
}

/** A request as far as its parameters tell. */
interface Asked {
  readonly parameters?: Parameters | undefined;
  readonly inputs: readonly { readonly parameters?: Parameters | undefined }[];
  readonly outputs?: readonly { readonly parameters?: Parameters | undefined }[] | undefined;
}

const sequence = ['sequence_id', 'sequence_start', 'sequence_end'] as const;
const sharedMemory = ['shared_memory_region', 'shared_memory_offset', 'shared_memory_byte_size'] as const;

/**
 * Parameters that would change what an answer means, of extensions that we do not have. Unknown ones are let pass, as Triton
 * does.
 * @throws ERR_BAD_REQUEST
 */
export function requireSupported({ parameters, inputs, outputs = [] }: Asked): void {
  for (const name of sequence) if (parameters?.[name]) throw unsupported(name, 'sequences of requests');
  for (const holder of [{ parameters }, ...inputs, ...outputs]) {
    for (const name of sharedMemory)
      if (holder.parameters?.[name] !== undefined) throw unsupported(name, 'shared memory');
  }
}

function unsupported(name: string, what: string) {
  return invalid(`Expected no parameter ${name}: this server does not have ${what}`);
}
