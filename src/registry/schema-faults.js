/** Reads one of ajv's errors. */
export function schemaFault({ instancePath: pointer, keyword, params, message = 'is not valid', }) {
    const { additionalProperty: unknown, missingProperty: missing, allowedValues } = params;
    const member = unknown ?? missing;
    return {
        kind: unknown !== undefined ? 'unknown' : missing !== undefined ? 'missing' : keyword === 'type' ? 'type' : 'value',
        pointer,
        member: member ?? '',
        memberPointer: member === undefined ? pointer : `${pointer}/${pointerToken(member)}`,
        message,
        allowed: allowedValues,
    };
}
/** A member's name as part of a JSON pointer. It is cut when it is too long to be a name. */
export function pointerToken(name) {
    const short = name.length > 64 ? `${name.slice(0, 61)}...` : name;
    return short.replaceAll('~', '~0').replaceAll('/', '~1');
}
