import { expect } from 'chai';
import { ComputeBudget } from '#dist/model/compute-budget.js';
import { seeded } from '../support/random.js';
/** A model whose runs the test ends, as a batch queue and a model start them. */
class Runner {
    budget;
    name;
    log;
    share;
    wanted = 0;
    started = 0;
    constructor(budget, name, instances, threads, log = []) {
        this.budget = budget;
        this.name = name;
        this.log = log;
        this.share = budget.join(instances, threads);
    }
    want(runs = 1) {
        this.wanted += runs;
        this.begin();
    }
    begin() {
        while (this.wanted > 0) {
            if (!this.share.admits()) {
                this.share.wait(this);
                return;
            }
            this.wanted--;
            this.started++;
            this.log.push(this.name);
            this.share.began();
        }
    }
    end() {
        this.share.ended();
    }
}
const made = [];
function budgetOf(slots, now) {
    const budget = new ComputeBudget(now);
    made.push(budget);
    budget.limit(slots);
    return budget;
}
describe('compute budget', () => {
    // Who waits keeps the process alive.
    afterEach(() => {
        for (const budget of made.splice(0))
            budget.limit(Infinity);
    });
    it('is open, and asks nothing, while all models together fit', () => {
        const budget = budgetOf(4);
        const a = budget.join(2, 1);
        expect(a.isOpen).to.equal(true);
        const b = budget.join(1, 2);
        expect(a.isOpen).to.equal(true);
        const c = budget.join(1, 1);
        expect([a.isOpen, b.isOpen, c.isOpen]).to.deep.equal([false, false, false]);
        c.leave();
        expect(a.isOpen).to.equal(true);
        expect(new ComputeBudget().join(256, 64).isOpen, 'no limit unless one is set').to.equal(true);
    });
    it('lets models run in turn, one run each, in the order in which they began to wait', () => {
        const budget = budgetOf(1);
        const log = [];
        const [a, b, c] = ['a', 'b', 'c'].map((name) => new Runner(budget, name, 1, 1, log));
        a.want(3);
        c.want(2);
        b.want(2);
        expect(log.join('')).to.equal('a');
        while (log.length < 7)
            [a, b, c].find(({ name }) => name === log.at(-1))?.end(); // what runs came last
        expect(log.join('')).to.equal('aacbacb');
    });
    it('holds wide runs to the slots, and lets no narrow run pass one that waits', () => {
        const budget = budgetOf(4);
        const narrow = new Runner(budget, 'narrow', 4, 1);
        const wide = new Runner(budget, 'wide', 1, 4);
        narrow.want(2);
        wide.want();
        expect(wide.started).to.equal(0);
        narrow.want();
        expect(narrow.started, 'two slots are free, but somebody came first').to.equal(2);
        narrow.end();
        expect(wide.started).to.equal(0);
        narrow.end();
        expect(wide.started).to.equal(1);
        expect(narrow.started).to.equal(2);
        wide.end();
        expect(narrow.started).to.equal(3);
    });
    it('lets a run of more threads than there are slots run alone', () => {
        const budget = budgetOf(2);
        const huge = new Runner(budget, 'huge', 1, 8);
        const small = new Runner(budget, 'small', 1, 1);
        small.want();
        huge.want();
        expect(huge.started).to.equal(0);
        small.end();
        expect(huge.started).to.equal(1);
        small.want();
        expect(small.started).to.equal(1);
        huge.end();
        expect(small.started).to.equal(2);
    });
    it('passes a model whose own instances are busy: it waits for them, not for slots', () => {
        const budget = budgetOf(2);
        const a = new Runner(budget, 'a', 1, 1);
        const b = new Runner(budget, 'b', 2, 1);
        a.want(2);
        expect(a.started).to.equal(1);
        b.want(2);
        expect(b.started).to.equal(1);
        a.end();
        expect([a.started, b.started], 'a was first in the line').to.deep.equal([2, 1]);
        a.end();
        expect(b.started).to.equal(2);
    });
    it('gives the turn of one that gave up to the next', () => {
        const budget = budgetOf(2);
        const narrow = new Runner(budget, 'narrow', 2, 1);
        const wide = new Runner(budget, 'wide', 1, 2);
        narrow.want();
        wide.want();
        narrow.want();
        expect(narrow.started).to.equal(1);
        wide.wanted = 0;
        wide.share.forget(wide);
        expect(narrow.started, 'its place is free at once').to.equal(2);
        expect(budget.used).to.equal(2);
    });
    it('goes on when the one whose turn it is starts nothing', () => {
        const budget = budgetOf(1);
        const [a, b, c] = ['a', 'b', 'c'].map((name) => new Runner(budget, name, 1, 1));
        a.want();
        b.want();
        c.want();
        b.wanted = 0; // its requests have expired
        a.end();
        expect([b.started, c.started]).to.deep.equal([0, 1]);
        expect(budget.used).to.equal(1);
    });
    it('counts what was started while it was open', () => {
        const budget = budgetOf(1);
        const a = new Runner(budget, 'a', 1, 1);
        a.want(3); // the engine's own queue holds two of them
        expect(a.started).to.equal(3);
        const b = new Runner(budget, 'b', 1, 1);
        b.want();
        expect([budget.used, b.started]).to.deep.equal([1, 0]);
        a.end();
        a.end();
        expect(b.started).to.equal(0);
        a.end();
        expect(b.started).to.equal(1);
    });
    it('opens for those that wait when a model leaves, or the limit is raised', () => {
        const budget = budgetOf(1);
        const [a, b, c] = ['a', 'b', 'c'].map((name) => new Runner(budget, name, 1, 1));
        a.want();
        b.want();
        c.want();
        budget.limit(2);
        expect([b.started, c.started]).to.deep.equal([1, 0]);
        b.end();
        expect(c.started).to.equal(1);
        c.want();
        a.end();
        a.share.leave();
        expect(b.share.isOpen).to.equal(true);
        expect(c.started, 'its engine queues it').to.equal(2);
    });
    it('lets through what waits for a model that is disposed, so that the model refuses it', () => {
        const budget = budgetOf(1);
        const a = new Runner(budget, 'a', 1, 1);
        const b = new Runner(budget, 'b', 1, 1);
        a.want();
        b.want();
        b.share.close();
        expect(b.started).to.equal(1);
    });
    it('tells for how long nothing has begun, while somebody waits for slots', () => {
        let time = 1000;
        const budget = budgetOf(1, () => time);
        const a = new Runner(budget, 'a', 1, 1);
        const b = new Runner(budget, 'b', 1, 1);
        a.want();
        expect(b.share.stalledMs).to.equal(undefined);
        time += 50;
        b.want();
        time += 100;
        expect(b.share.stalledMs).to.equal(100);
        expect(a.share.stalledMs, 'it runs').to.equal(undefined);
        a.end();
        expect(b.share.stalledMs).to.equal(undefined);
    });
    for (const seed of [1, 2, 3, 4, 5]) {
        it(`never uses more slots than it has, and starves nobody (random ${seed})`, () => {
            const below = seeded(seed);
            const slots = 1 + below(4);
            const budget = budgetOf(slots);
            const runners = Array.from({ length: 5 }, (_, i) => {
                return new Runner(budget, String(i), 1 + below(3), 1 + below(Math.min(3, slots)));
            });
            let wanted = 0;
            for (let step = 0; step < 3000; ++step) {
                const runner = runners[below(runners.length)];
                const { share } = runner;
                if (below(10) < 4) {
                    runner.want();
                    wanted++;
                }
                else if (share.running > 0)
                    runner.end();
                else if (below(20) === 0 && runner.wanted > 0) {
                    wanted -= runner.wanted;
                    runner.wanted = 0;
                    share.forget(runner);
                }
                expect(budget.used).to.be.at.most(slots);
                for (const { share: each } of runners)
                    expect(each.running).to.be.at.most(each.instances);
            }
            // Whatever ends lets somebody on, until all is done.
            for (let left = 10_000; left > 0 && runners.some(({ share }) => share.running > 0); --left) {
                runners.find(({ share }) => share.running > 0).end();
            }
            expect(runners.reduce((sum, { started }) => sum + started, 0)).to.equal(wanted);
            expect(budget.used).to.equal(0);
        });
    }
});
