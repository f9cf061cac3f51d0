import { delimiter } from 'node:path';
/** Marks settings that concern one model. */
export function ofEachModel(rows) {
    const marked = Object.entries(rows).map(([name, row]) => [
        name,
        (key) => ({ ...row(key), isPerModel: true }),
    ]);
    return Object.fromEntries(marked);
}
const asText = (text) => text;
const asInteger = (text) => (/^\s*[+-]?\d{1,15}\s*$/.test(text) ? Number(text) : text);
const asBoolean = (text) => (text === 'true' ? true : text === 'false' ? false : text);
const asIntegers = (text) => text.split(',').map(asInteger);
function named(key, { description, env, envFallback, flag }) {
    const words = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return {
        description,
        env: env ?? `NODE_LIBTORCH_${words.replaceAll('-', '_').toUpperCase()}`,
        flag: flag ?? words,
        ...(envFallback !== undefined && { envFallback }),
    };
}
export function integer({ min, max, initial, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'integer', minimum: min, maximum: max },
        parse: asInteger,
        values: `an integer from ${min} to ${max}`,
        initial,
        initialText: String(initial),
    });
}
/** An integer that something else chooses when it is not set. */
export function optionalInteger({ initialText, ...about }) {
    return (key) => ({ ...integer({ ...about, initial: 0 })(key), initial: undefined, initialText });
}
/** A list of integers that something else chooses when it is not set. */
export function optionalIntegers({ min, max, initialText, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'array', minItems: 1, maxItems: 16, items: { type: 'integer', minimum: min, maximum: max } },
        parse: asIntegers,
        values: `1 to 16 integers from ${min} to ${max}, separated by commas (an array in the file)`,
        initial: undefined,
        initialText,
    });
}
export function boolean({ initial, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'boolean' },
        parse: asBoolean,
        values: 'true or false',
        initial,
        initialText: String(initial),
    });
}
export function choice({ options, initial, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'string', enum: options },
        parse: asText,
        values: `one of ${options.join(', ')}`,
        initial,
        initialText: initial,
    });
}
/** A string that matches a pattern. */
export function text({ initial, ...form }) {
    return (key) => ({ ...optionalText({ ...form, initialText: initial })(key), initial });
}
/** A string that matches a pattern, or that something else chooses when it is not set. */
export function optionalText({ pattern, values, initialText, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'string', pattern: pattern.source },
        parse: asText,
        values,
        initial: undefined,
        initialText,
    });
}
/** A directory that need not be set. */
export function optionalDirectory({ initialText, ...about }) {
    return (key) => ({ ...directory({ ...about, initial: () => '', initialText })(key), initial: undefined });
}
/** Off, unless the flag is given. A variable or the file says `true`. */
export function toggle(about) {
    return (key) => ({ ...boolean({ ...about, initial: false })(key), isSwitch: true });
}
/** A file that need not be set. */
export function optionalFile({ initialText, ...about }) {
    return (key) => ({ ...optionalDirectory({ ...about, initialText })(key), values: 'path of a file' });
}
/** A list of texts of one form. A flag and a variable separate them by commas. */
export function texts({ pattern, values, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'array', maxItems: 64, items: { type: 'string', pattern: pattern.source } },
        parse: (given) => given.split(',').map((part) => part.trim()),
        values: `${values}, separated by commas (an array in the file)`,
        initial: [],
        initialText: 'none',
    });
}
/** A list of files. A variable separates them by colons (semicolons on Windows), as PATH does. */
export function files(about) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'array', maxItems: 64, items: { type: 'string', minLength: 1 } },
        parse: (text) => text.split(delimiter),
        values: 'paths of files; the flag may be repeated, a variable separates them by colons (an array in the file)',
        initial: [],
        initialText: 'none',
        isPath: true,
        isRepeatable: true,
    });
}
/** A folder whose default depends on the installation. */
export function directory({ initial, initialText, ...about }) {
    return (key) => ({
        ...named(key, about),
        schema: { type: 'string', minLength: 1 },
        parse: asText,
        values: 'a directory',
        initial,
        initialText,
        isPath: true,
    });
}
