import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { Desk, Ticket } from '#dist/async/ticket.js';
import { TorchError } from '#dist/errors.js';
import { SteppedClock } from '../support/stepped-clock.js';
import { turns } from '../support/turn.js';
const runs = Number(process.env['NODE_LIBTORCH_PROPERTY_RUNS'] ?? 1000);
const ticketPlan = fc.record({
    timeoutMs: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
    hasSignal: fc.boolean(),
});
const at = fc.nat({ max: 3 });
const step = fc.oneof(fc.record({
    kind: fc.constantFrom('resolve', 'reject', 'abort', 'withdraw', 'finish', 'begin'),
    at,
}), fc.record({ kind: fc.constant('wait'), at, ms: fc.integer({ min: 1, max: 10 }) }));
const plan = fc.record({
    tickets: fc.array(ticketPlan, { minLength: 1, maxLength: 4 }),
    steps: fc.array(step, { maxLength: 30 }),
});
function nameOf(reason) {
    return reason instanceof TorchError ? reason.code : String(reason);
}
async function play({ tickets, steps }) {
    const clock = new SteppedClock();
    const holds = [];
    const cases = [];
    const desk = new Desk({
        clock,
        hold: (held) => holds.push(held),
        drop: (ticket, why) => {
            const found = cases.find((each) => each.ticket === ticket);
            found.dropped.push(why);
            return !found.begun;
        },
    });
    for (const { timeoutMs, hasSignal } of tickets) {
        const controller = new AbortController();
        const signal = hasSignal ? controller.signal : undefined;
        const ticket = new Ticket(desk, { signal, timeoutMs, onFinished: () => ++one.finished });
        const due = clock.now() + (timeoutMs ?? Infinity);
        const one = {
            ...{ ticket, controller, hasSignal, due, settlements: [], dropped: [], finished: 0 },
            ...{ first: '', begun: false, ended: false },
        };
        ticket.promise.then((value) => one.settlements.push(value), (reason) => one.settlements.push(nameOf(reason)));
        cases.push(one);
    }
    const settle = (one, how) => {
        if (one.first === '')
            one.first = how;
    };
    const giveUp = (one, how) => {
        if (one.first !== '')
            return;
        one.first = how;
        if (!one.begun)
            one.ended = true; // dropped
    };
    const apply = (chosen) => {
        const one = cases[chosen.at % cases.length];
        switch (chosen.kind) {
            case 'resolve':
                expect(one.ticket.resolve('value'), 'resolve says whether it settled').to.equal(one.first === '');
                settle(one, 'value');
                one.ended = true;
                break;
            case 'reject':
                expect(one.ticket.reject('error'), 'reject says whether it settled').to.equal(one.first === '');
                settle(one, 'error');
                one.ended = true;
                break;
            case 'abort':
                one.controller.abort('aborted');
                if (one.hasSignal)
                    giveUp(one, 'aborted');
                break;
            case 'withdraw':
                one.ticket.giveUp('withdrawn');
                giveUp(one, 'withdrawn');
                break;
            case 'finish':
                one.ticket.finish();
                one.ended = true;
                break;
            case 'begin':
                one.begun = true;
                break;
            case 'wait':
                clock.advance(chosen.ms);
                for (const each of cases)
                    if (each.due <= clock.now())
                        giveUp(each, 'ERR_TIMEOUT');
        }
    };
    const check = () => {
        const isAwaited = cases.some(({ first }) => first === '');
        expect(holds.at(-1) ?? false, 'the loop is held exactly while somebody waits').to.equal(isAwaited);
        expect(holds.filter(Boolean), 'hold and release in turn').to.have.length(Math.ceil(holds.length / 2));
        const hasDeadline = cases.some(({ first, due }) => first === '' && due < Infinity);
        expect(clock.pending, 'one timer while a deadline may come').to.equal(hasDeadline ? 1 : 0);
        for (const { first, hasSignal, controller, finished, ended, ticket, dropped } of cases) {
            const listeners = getEventListeners(controller.signal, 'abort');
            expect(listeners, 'a listener while it is awaited').to.have.length(hasSignal && first === '' ? 1 : 0);
            expect(finished, 'finished once, when the work has ended or was dropped').to.equal(ended ? 1 : 0);
            expect(ticket.settled).to.equal(first !== '');
            const why = { aborted: 'aborted', ERR_TIMEOUT: 'expired', withdrawn: 'withdrawn' };
            expect(dropped, 'its owner hears once that it was given up').to.deep.equal(first in why ? [why[first]] : []);
        }
    };
    check();
    for (const chosen of steps) {
        apply(chosen);
        check();
    }
    for (const i of cases.keys())
        apply({ kind: 'resolve', at: i });
    check();
    await turns(1);
    for (const { settlements, first } of cases)
        expect(settlements, 'one settlement, the first').to.deep.equal([first]);
    expect(holds.at(-1)).to.equal(false);
    expect(clock.pending).to.equal(0);
}
describe('Ticket', () => {
    it(`settles once, by whatever comes first, and leaves nothing behind: ${runs} random histories`, function () {
        this.timeout(60_000);
        return fc.assert(fc.asyncProperty(plan, play), { numRuns: runs });
    });
    it('says in its error how long the limit was, counted from when the time began', async () => {
        const clock = new SteppedClock();
        const ticket = new Ticket(new Desk({ clock }), { timeoutMs: 40, since: clock.now() - 30 });
        clock.advance(9);
        expect(ticket.settled).to.equal(false);
        clock.advance(1);
        const error = (await ticket.promise.catch((reason) => reason));
        expect(error.message).to.equal('Expected an answer within 40 ms');
    });
    it('needs no timer and no listener without a limit and a signal', () => {
        const clock = new SteppedClock();
        const ticket = new Ticket(new Desk({ clock }));
        expect(clock.pending).to.equal(0);
        expect(ticket.deadline).to.equal(Infinity);
    });
    it('expires late rather than early when its timer is early', async () => {
        const clock = new SteppedClock();
        const early = {
            now: () => clock.now(),
            after: (ms, then) => clock.after(Math.max(0.1, ms - 0.5), then),
        };
        const ticket = new Ticket(new Desk({ clock: early }), { timeoutMs: 10 });
        ticket.promise.catch(() => undefined);
        clock.advance(9.5);
        expect(ticket.settled).to.equal(false);
        clock.advance(1);
        expect(ticket.settled).to.equal(true);
    });
    it('holds the loop beyond its tickets when asked to', () => {
        const holds = [];
        const desk = new Desk({ hold: (held) => holds.push(held) });
        const ticket = new Ticket(desk);
        desk.hold();
        ticket.resolve(1);
        expect(holds).to.deep.equal([true]);
        desk.unhold();
        expect(holds).to.deep.equal([true, false]);
    });
});
