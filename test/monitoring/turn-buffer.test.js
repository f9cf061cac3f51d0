import { expect } from 'chai';
import { TurnBuffer } from '#dist/monitoring/logging.js';
describe('lines of one turn', () => {
    const collected = (largest) => {
        const writes = [];
        let flushes = 0;
        const target = {
            write: (text) => void writes.push(text),
            flush: (done) => {
                flushes++;
                done?.();
            },
        };
        return { buffer: new TurnBuffer(target, largest), writes, flushes: () => flushes };
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    it('are written together, those of the next turn by themselves', async () => {
        const { buffer, writes } = collected(Infinity);
        buffer.write('a\n');
        buffer.write('b\n');
        expect(writes).to.deep.equal([]);
        await turn();
        buffer.write('c\n');
        await turn();
        await turn();
        expect(writes).to.deep.equal(['a\nb\n', 'c\n']);
    });
    it('are written in whole lines of at most a size, in order', async () => {
        const { buffer, writes } = collected(6);
        for (const line of ['aa\n', 'bb\n', 'c\n', 'long line\n', 'd\n'])
            buffer.write(line);
        await turn();
        expect(writes).to.deep.equal(['aa\nbb\n', 'c\n', 'long line\n', 'd\n']);
    });
    it('are written before a flush is done', () => {
        const { buffer, writes, flushes } = collected(Infinity);
        buffer.write('a\n');
        let done = false;
        buffer.flush(() => (done = true));
        expect(writes).to.deep.equal(['a\n']);
        expect({ done, flushes: flushes() }).to.deep.equal({ done: true, flushes: 1 });
    });
});
