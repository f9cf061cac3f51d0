import { randomBytes } from 'node:crypto';
const zeros = /^0+$/;
const parentForm = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Sampled and random: the flags of level 2; others are not passed on. */
const knownFlags = 0x03;
/**
 * Reads the headers `traceparent` and `tracestate`. What is not as https://www.w3.org/TR/trace-context-2/ has it is ignored:
 * a wrong `tracestate` alone, a wrong `traceparent` with both.
 */
export function traceOf(traceparent, tracestate) {
    const parts = traceparent === undefined ? undefined : parentForm.exec(traceparent);
    if (!parts)
        return undefined;
    const [, version = '', traceId = '', parentId = '', flags = '', more] = parts;
    // Later versions may add parts; this one has none.
    if (version === 'ff' || (version === '00' && more !== undefined))
        return undefined;
    if (zeros.test(traceId) || zeros.test(parentId))
        return undefined;
    const spanId = newSpanId();
    const passed = Number.parseInt(flags, 16) & knownFlags;
    return {
        traceId,
        parentId,
        spanId,
        isSampled: (passed & 1) === 1,
        traceparent: `00-${traceId}-${spanId}-0${passed}`,
        tracestate: tracestate !== undefined && isState(tracestate) ? tracestate : undefined,
    };
}
const mostMembers = 32;
const memberForm = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
function isState(text) {
    const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
    const given = members.filter((member) => member !== '');
    if (given.length === 0 || given.length > mostMembers)
        return false;
    const keys = new Set(given.map((member) => member.slice(0, member.indexOf('='))));
    return keys.size === given.length && given.every((member) => memberForm.test(member));
}
function newSpanId() {
    const id = randomBytes(8).toString('hex');
    return zeros.test(id) ? newSpanId() : id;
}
