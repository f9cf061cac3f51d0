import { describe, torchError } from '../errors.js';
/*
 * Names and versions become parts of URLs and labels of metrics: no separator, nothing that has to be escaped, and no part of a
 * path. Those of a registry, which become folders, are held to its own, narrower grammar as well.
 */
const grammar = /^(?!\.$)(?!.*\.\.)[A-Za-z0-9._-]{1,128}$/;
const words = '1 to 128 letters, digits, . _ or - without two dots in a row';
/** What a host may call a model, or a version of a file. */
export const isServedName = (value) => typeof value === 'string' && grammar.test(value);
/**
 * @param where what the name is of, for the message
 * @param remedy how the caller gives another one, for the message
 * @throws ERR_INVALID_ARGUMENT
 */
export function checkServedName(where, value, remedy = '') {
    if (isServedName(value))
        return;
    throw torchError('ERR_INVALID_ARGUMENT', `Expected ${words} for ${where} but received ${describe(value)}${remedy}`);
}
