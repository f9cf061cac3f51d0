const pick = (below, items) => items[below(items.length)];
const digits = (below, count) => Array.from({ length: count }, () => below(10)).join('');
/** A number of JSON, in any of the ways that one is written: short, long, exponents, the edges of float and double. */
export function numberToken(below) {
    const sign = below(4) === 0 ? '-' : '';
    switch (below(9)) {
        case 0:
            return sign + String(below(2));
        case 1:
            return `${sign}0.${digits(below, 1 + below(6))}`;
        case 2:
            return `${sign}0.${digits(below, 15 + below(15))}`;
        case 3:
            return `${sign}${1 + below(9)}${digits(below, below(25))}.${digits(below, 1 + below(25))}`;
        case 4:
            return `${sign}${1 + below(9)}.${digits(below, 1 + below(18))}${pick(below, ['e', 'E'])}${pick(below, ['', '+', '-'])}${below(330)}`;
        case 5:
            return String(new Float64Array(Uint32Array.of(below(2 ** 32), below(2 ** 32)).buffer)[0] || 0).replace(/NaN|-?Infinity/, '7');
        case 6:
            return String(Math.fround(below(2 ** 24) / 2 ** 24));
        case 7:
            return pick(below, [
                ...['-0', '-0.0', '0e0', '9007199254740992', '9007199254740993', '1e22', '1e23', '1.0e-22', '5e-324', '1e-400'],
                ...['3.4028234663852886e38', '3.4028235677973366e38', '1.401298464324817e-45', '0.50000002980232239'],
                ...['16777217', '0.1000000014901161193847656250', '1e308', '1e309', '99999999999999999999999999'],
            ]);
        default:
            return String(below(1_000_000) / 1_000_000);
    }
}
const blanks = ['', '', '', '', ' ', '\n', '\t ', '\r\n'];
/** A prediction request that is mostly right. */
export function randomBody(below) {
    const blank = () => pick(below, blanks);
    const inRange = below(2) === 0;
    const count = pick(below, [1, 2, 3, 4, 4, 6, 8, 12]);
    const number = () => (inRange ? String(below(1000) / 999) : numberToken(below));
    const numbers = Array.from({ length: count }, () => `${blank()}${number()}${blank()}`).join(',');
    const members = [`"input_data"${blank()}:${blank()}[${numbers}]`];
    if (below(3) === 0)
        members.push(`"batch_size":${pick(below, ['1', '2', '3', '4', '0', '129', '1.0', '2e0', '"2"'])}`);
    if (below(3) === 0)
        members.push(`"model_version":${pick(below, ['"v1.0"', '"é"', '""', '"a\\n"', 'null', '1'])}`);
    if (below(20) === 0)
        members.push(pick(below, ['"input_data":[1]', '"x":1', '"batch_size":1', '"input_dat\\u0061":[1]']));
    if (below(2) === 0)
        members.reverse();
    return `${blank()}{${members.map((member) => blank() + member + blank()).join(',')}}${blank()}`;
}
const pieces = [
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"',
    '\\',
    '-',
    '.',
    'e',
    '0',
    ' ',
    'NaN',
    '1e999',
    '\u0000',
    'é',
    '"input_data":[',
];
/** The same with one to three faults: bytes dropped, doubled, replaced, inserted, or the end cut off. */
export function mutated(body, below) {
    let bytes = body;
    for (let faults = 1 + below(3); faults > 0; faults--) {
        const at = below(bytes.length + 1);
        const to = at + below(3);
        const piece = below(8) === 0 ? Buffer.from([below(256)]) : Buffer.from(pick(below, pieces));
        const [head, tail] = [bytes.subarray(0, at), bytes.subarray(to)];
        switch (below(4)) {
            case 0:
                bytes = Buffer.concat([head, tail]);
                break;
            case 1:
                bytes = Buffer.concat([head, piece, tail]);
                break;
            case 2:
                bytes = Buffer.concat([head, bytes.subarray(at, to), bytes.subarray(at)]);
                break;
            default:
                bytes = below(4) === 0 ? head : Buffer.concat([head, piece, bytes.subarray(at)]);
        }
    }
    return bytes;
}
