import { expect } from 'chai';
import { Turns } from '#dist/async/turns.js';
import { CodeDepth } from '#dist/engines/torch/code-depth.js';
import { pickleDepth } from '#dist/engines/torch/pickle-depth.js';
import { rejection } from '../../support/rejection.js';
const limit = 500;
const depthOf = (bytes) => pickleDepth([bytes], limit, new Turns());
const pickle = (...parts) => Buffer.concat([
    Buffer.from([0x80, 2]),
    ...parts.map((part) => Buffer.from(part, 'latin1')),
    Buffer.from('.'),
]);
/** How many other things the event loop did meanwhile. */
async function turnsDuring(work) {
    let count = 0;
    let isOver = false;
    const tick = () => {
        if (isOver)
            return;
        ++count;
        setImmediate(tick);
    };
    setImmediate(tick);
    await work;
    isOver = true;
    return count;
}
describe('the depth of a pickle', () => {
    const cases = [
        ['one number', pickle('K\x01'), 0],
        ['an empty list', pickle(']'), 1],
        ['a list of lists', pickle(']', ']a', ']a'), 2],
        ['a tuple of a tuple of a number', pickle('K\x01', '\x85', '\x85'), 2],
        ['a dict of a list, by a mark', pickle('}', '(', 'K\x01', ']', 'u'), 2],
        ['a list that is filled after it was remembered', pickle(']q\0', '(', 'K\x01', '\x85', 'e'), 2],
        ['one list twice in a tuple', pickle(']q\0', 'h\0', '\x86'), 2],
        ['an object with a state', pickle('c__torch__\nM\n', ')', '\x81', '}', '(', 'X\x01\0\0\0a', ']', 'u', 'b'), 3],
        ['wide, not deep', pickle(']', '(', ')\x85'.repeat(300_000), 'e'), 2],
    ];
    for (const [what, bytes, depth] of cases) {
        it(`of ${what} is ${depth}`, async () => {
            expect(await depthOf(bytes)).to.equal(depth);
        });
    }
    it('is endless for a list that may be in itself', async () => {
        expect(await depthOf(pickle(']q\0', 'h\0', 'a'))).to.be.above(limit);
        expect(await depthOf(pickle(']q\0', '\x85', '0', 'h\0', ')\x85', 'a'))).to.be.above(limit);
    });
    it('of open marks without end is refused', async () => {
        const { code, message } = await rejection(depthOf(pickle('('.repeat(200_000))));
        expect(code).to.equal('ERR_UNSAFE_ARCHIVE');
        expect(message).to.match(/open marks/);
    });
    it('is looked for in turns of the event loop, as that of code is', async () => {
        const lists = pickle(']', '(', ')\x85'.repeat(2_000_000), 'e');
        expect(await turnsDuring(depthOf(lists))).to.be.above(10);
        const turns = new Turns();
        const small = Buffer.from('y = 1\n'.repeat(10_000));
        const many = async () => {
            for (let i = 0; i < 60; ++i)
                await CodeDepth.of([small], limit, turns);
        };
        expect(await turnsDuring(many())).to.be.above(10);
    });
});
