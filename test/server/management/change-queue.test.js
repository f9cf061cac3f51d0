import { expect } from 'chai';
import { ChangeQueue } from '#dist/server/management/change-queue.js';
import { rejection } from '../../support/rejection.js';
describe('the queue of changes', () => {
    const gate = () => {
        let open = () => undefined;
        const opened = new Promise((resolve) => (open = resolve));
        return { opened, open };
    };
    it('runs one after the other, in their order, also after one that fails', async () => {
        const queue = new ChangeQueue();
        const seen = [];
        const change = (name, fails = false) => queue.run(async () => {
            seen.push(`${name} begins`);
            await new Promise((resolve) => setImmediate(resolve));
            seen.push(`${name} ends`);
            if (fails)
                throw new Error(name);
        });
        const all = await Promise.allSettled([change('a'), change('b', true), change('c')]);
        expect(all.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
        expect(seen).to.deep.equal(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
    });
    it('gives up one that waits at once, and lets one that runs decide', async () => {
        const queue = new ChangeQueue();
        const { opened, open } = gate();
        const late = new AbortController();
        const running = queue.run(() => opened, late.signal);
        let hasRun = false;
        const waiting = queue.run(async () => {
            hasRun = true;
        }, late.signal);
        await new Promise((resolve) => setImmediate(resolve));
        late.abort(new Error('late'));
        expect(await rejection(waiting)).to.have.property('message', 'late');
        open();
        await running;
        await queue.run(() => Promise.resolve());
        expect(hasRun).to.equal(false);
    });
    it('takes so many and no more', async () => {
        const queue = new ChangeQueue();
        const { opened, open } = gate();
        const taken = [queue.run(() => opened)];
        await new Promise((resolve) => setImmediate(resolve));
        for (let count = 0; count < 32; count++)
            taken.push(queue.run(() => Promise.resolve()));
        expect(await rejection(queue.run(() => Promise.resolve()))).to.include({ code: 'ERR_QUEUE_FULL' });
        open();
        await Promise.all(taken);
        await queue.run(() => Promise.resolve());
    });
    it('aborts what runs when it closes, and refuses what comes after', async () => {
        const queue = new ChangeQueue();
        const running = queue.run((signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))));
        const waiting = queue.run(() => Promise.resolve());
        const ends = Promise.all([rejection(running), rejection(waiting)]);
        await new Promise((resolve) => setImmediate(resolve));
        await queue.close();
        for (const error of await ends)
            expect(error).to.include({ code: 'ERR_DRAINING' });
        expect(await rejection(queue.run(() => Promise.resolve()))).to.include({ code: 'ERR_DRAINING' });
    });
});
