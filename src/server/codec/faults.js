import { torchError } from '../../errors.js';
import { maxFaults } from '../../signature/range.js';
/** The error of faults in `input_data`, each with its JSON pointer. */
export function pointed(code, faults, cause) {
    const errors = faults
        .slice(0, maxFaults)
        .map(({ element, detail }) => ({ pointer: `/input_data/${element}`, detail }));
    const [first] = faults;
    const message = first ? `input_data[${first.element}]: ${first.detail}` : 'input_data is not valid';
    return torchError(code, message, cause === undefined ? { errors } : { errors, cause });
}
