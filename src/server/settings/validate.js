import { Ajv2020 } from 'ajv/dist/2020.js';
import { schemaFault } from '../../registry/schema-faults.js';
import { settingKeys, settingsTable } from './table.js';
let validate;
/** The first fault of an object of settings; undefined when it has none. */
export function settingsFault(values) {
    // Compiled at the first use, and without the schema of schemas: a test checks ours.
    validate ??= new Ajv2020({ meta: false, validateSchema: false, allowUnionTypes: true }).compile({
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(settingKeys.map((key) => [key, settingsTable[key].schema])),
    });
    if (validate(values))
        return undefined;
    const [error] = validate.errors ?? [];
    if (!error)
        return { kind: 'form' };
    const { kind, pointer, member } = schemaFault(error);
    const unknown = kind === 'unknown' ? member : undefined;
    const [key, ...inside] = pointer.split('/').slice(1).map(plainToken);
    if (key !== undefined)
        return { kind: 'value', key: key, inside, unknown };
    return unknown === undefined ? { kind: 'form' } : { kind: 'unknown', name: unknown };
}
/** A member's name of one part of a JSON pointer. */
const plainToken = (token) => token.replaceAll('~1', '/').replaceAll('~0', '~');
