/** A JSON body of a named schema: `json({ Liveness })`. */
export function json(named, example) {
    const [[name, schema] = []] = Object.entries(named);
    if (name === undefined || schema === undefined)
        throw new Error('Expected one named schema');
    return { mediaType: 'application/json', schema, name, ...(example !== undefined && { example }) };
}
/** A schema without the markers of the library that wrote it. */
export function plain(schema) {
    return JSON.parse(JSON.stringify(schema));
}
