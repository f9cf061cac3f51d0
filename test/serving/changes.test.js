import { expect } from 'chai';
import { Changes } from '#dist/serving/changes.js';
import { rejection } from '../support/errors.js';
import { rejection as rejected } from '../support/rejection.js';
import { turns } from '../support/turn.js';
/** A change that is steered by hand. */
function steered() {
    let hasBegun = false;
    let finish;
    let fail;
    let end;
    const result = new Promise((resolve, reject) => {
        finish = resolve;
        fail = reject;
    });
    const ended = new Promise((resolve) => (end = resolve));
    const work = async () => {
        hasBegun = true;
        return { result: await result, end: ended };
    };
    return { work, finish, fail, end, hasBegun: () => hasBegun };
}
describe('changes of a host', () => {
    it('of one name wait for each other’s end; those of another do not', async () => {
        const changes = new Changes();
        const [first, second, other] = [steered(), steered(), steered()];
        const one = changes.run('a', undefined, first.work);
        const two = changes.run('a', undefined, second.work);
        void changes.run('b', undefined, other.work);
        await turns();
        expect([first.hasBegun(), second.hasBegun(), other.hasBegun()]).to.deep.equal([true, false, true]);
        first.finish('one');
        await turns();
        expect(second.hasBegun(), 'its result is there, its end is not').to.equal(false);
        first.end();
        expect(await one).to.equal('one');
        await turns();
        expect(second.hasBegun()).to.equal(true);
        second.finish('two');
        second.end();
        expect(await two).to.equal('two');
        other.finish('');
        other.end();
        await changes.idle();
    });
    it('go on after one that failed', async () => {
        const changes = new Changes();
        const [first, second] = [steered(), steered()];
        const one = changes.run('a', undefined, first.work);
        const two = changes.run('a', undefined, second.work);
        first.fail(new Error('of the first'));
        expect((await rejected(one)).message).to.equal('of the first');
        second.finish('two');
        second.end();
        expect(await two).to.equal('two');
    });
    it('leave the line when they are aborted before their turn', async () => {
        const changes = new Changes();
        const [first, second, third] = [steered(), steered(), steered()];
        const one = changes.run('a', undefined, first.work);
        const controller = new AbortController();
        const two = changes.run('a', controller.signal, second.work);
        const three = changes.run('a', undefined, third.work);
        controller.abort(new Error('gone'));
        expect((await rejected(two)).message, 'at once').to.equal('gone');
        first.finish('one');
        first.end();
        await one;
        third.finish('three');
        third.end();
        expect(await three).to.equal('three');
        expect(second.hasBegun()).to.equal(false);
    });
    it('hand their result over when the wait for their end is aborted', async () => {
        const changes = new Changes();
        for (const isEarly of [true, false]) {
            const change = steered();
            const controller = new AbortController();
            const running = changes.run('a', controller.signal, change.work);
            await turns();
            if (isEarly)
                controller.abort();
            change.finish('done');
            await turns();
            if (!isEarly)
                controller.abort();
            expect(await running).to.equal('done');
            const next = steered();
            void changes.run('a', undefined, next.work);
            await turns();
            expect(next.hasBegun(), 'the end is waited for all the same').to.equal(false);
            change.end();
            next.finish('');
            next.end();
            await changes.idle();
        }
    });
    it('are refused when too many wait', async () => {
        const changes = new Changes();
        const first = steered();
        void changes.run('a', undefined, first.work);
        const done = () => Promise.resolve({ result: 'done', end: Promise.resolve() });
        const waiting = Array.from({ length: 99 }, () => changes.run('a', undefined, done));
        await rejection(() => changes.run('a', undefined, done), 'ERR_QUEUE_FULL');
        expect(await changes.run('b', undefined, done)).to.equal('done');
        first.finish('');
        first.end();
        await Promise.all(waiting);
        await changes.idle();
        expect(await changes.run('a', undefined, done)).to.equal('done');
    });
});
