import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { Desk, Ticket, type GivenUp } from '#dist/async/ticket.js';
import { TorchError } from '#dist/errors.js';
import { SteppedClock } from '../support/stepped-clock.js';
import { turns } from '../support/turn.js';

const runs = Number(process.env['NODE_LIBTORCH_PROPERTY_RUNS'] ?? 1000);

type Step =
  | { readonly kind: 'resolve' | 'reject' | 'abort' | 'withdraw' | 'finish' | 'begin'; readonly at: number }
  | { readonly kind: 'wait'; readonly at: number; readonly ms: number };

interface Plan {
  readonly tickets: readonly { readonly timeoutMs: number | undefined; readonly hasSignal: boolean }[];
  readonly steps: readonly Step[];
}

const ticketPlan = fc.record({
  timeoutMs: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  hasSignal: fc.boolean(),
});

const at = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('resolve', 'reject', 'abort', 'withdraw', 'finish', 'begin'),
    at,
  } as const),
  fc.record({ kind: fc.constant('wait'), at, ms: fc.integer({ min: 1, max: 10 }) } as const),
);

const plan: fc.Arbitrary<Plan> = fc.record({
  tickets: fc.array(ticketPlan, { minLength: 1, maxLength: 4 }),
  steps: fc.array(step, { maxLength: 30 }),
});

/** A ticket, with what a simple model of it expects and what really happened. */
interface Case {
  readonly ticket: Ticket<string>;
  readonly controller: AbortController;
  readonly hasSignal: boolean;
  readonly due: number;
  readonly settlements: string[];
  readonly dropped: GivenUp[];
  finished: number;
  /** By the model. */
  first: string;
  begun: boolean;
  ended: boolean;
}

function nameOf(reason: unknown): string {
  return reason instanceof TorchError ? reason.code : String(reason);
}

async function play({ tickets, steps }: Plan): Promise<void> {
  const clock = new SteppedClock();
  const holds: boolean[] = [];
  const cases: Case[] = [];
  const desk = new Desk<Ticket<string>>({
    clock,
    hold: (held) => holds.push(held),
    drop: (ticket, why) => {
      const found = cases.find((each) => each.ticket === ticket) as Case;
      found.dropped.push(why);
      return !found.begun;
    },
  });
  for (const { timeoutMs, hasSignal } of tickets) {
    const controller = new AbortController();
    const signal = hasSignal ? controller.signal : undefined;
    const ticket = new Ticket<string>(desk, { signal, timeoutMs, onFinished: () => ++one.finished });
    const due = clock.now() + (timeoutMs ?? Infinity);
    const one: Case = {
      ...{ ticket, controller, hasSignal, due, settlements: [], dropped: [], finished: 0 },
      ...{ first: '', begun: false, ended: false },
    };
    ticket.promise.then(
      (value) => one.settlements.push(value),
      (reason: unknown) => one.settlements.push(nameOf(reason)),
    );
    cases.push(one);
  }

  const settle = (one: Case, how: string): void => {
    if (one.first === '') one.first = how;
  };
  const giveUp = (one: Case, how: string): void => {
    if (one.first !== '') return;
    one.first = how;
    if (!one.begun) one.ended = true; // dropped
  };
  const apply = (chosen: Step): void => {
    const one = cases[chosen.at % cases.length] as Case;
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
        if (one.hasSignal) giveUp(one, 'aborted');
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
        for (const each of cases) if (each.due <= clock.now()) giveUp(each, 'ERR_TIMEOUT');
    }
  };
  const check = (): void => {
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
      const why: Record<string, GivenUp> = { aborted: 'aborted', ERR_TIMEOUT: 'expired', withdrawn: 'withdrawn' };
      expect(dropped, 'its owner hears once that it was given up').to.deep.equal(first in why ? [why[first]] : []);
    }
  };

  check();
  for (const chosen of steps) {
    apply(chosen);
    check();
  }
  for (const i of cases.keys()) apply({ kind: 'resolve', at: i });
  check();
  await turns(1);
  for (const { settlements, first } of cases) expect(settlements, 'one settlement, the first').to.deep.equal([first]);
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
    const error = (await ticket.promise.catch((reason: unknown) => reason)) as TorchError;
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
      after: (ms: number, then: () => void) => clock.after(Math.max(0.1, ms - 0.5), then),
    };
    const ticket = new Ticket(new Desk({ clock: early }), { timeoutMs: 10 });
    ticket.promise.catch(() => undefined);
    clock.advance(9.5);
    expect(ticket.settled).to.equal(false);
    clock.advance(1);
    expect(ticket.settled).to.equal(true);
  });

  it('expires those that are due in the order of their deadlines, but for what an expiry before has taken out', () => {
    const clock = new SteppedClock();
    const late = { now: () => clock.now(), after: (_: number, then: () => void) => clock.after(45, then) };
    const expired: number[] = [];
    const tickets: Ticket<void>[] = [];
    const desk = new Desk<Ticket<void>>({
      clock: late,
      drop: (ticket, why) => {
        if (why === 'expired') expired.push(tickets.indexOf(ticket));
        // The first to expire takes the third out, and a new one comes.
        if (expired.length === 1 && why === 'expired') {
          tickets[2]?.giveUp(new Error('taken out'));
          tickets.push(new Ticket<void>(desk, { timeoutMs: 5 }));
        }
        return true;
      },
    });
    for (const timeoutMs of [30, 10, 20, 40, 500, 15]) tickets.push(new Ticket<void>(desk, { timeoutMs }));
    for (const { promise } of tickets) promise.catch(() => undefined);
    // Its place is taken by the last.
    tickets[3]?.resolve();
    clock.advance(45);
    for (const { promise } of tickets) promise.catch(() => undefined);
    expect(expired).to.deep.equal([1, 5, 0]);
    clock.advance(45);
    expect(expired).to.deep.equal([1, 5, 0, 6]);
    expect(tickets.filter(({ settled }) => !settled)).to.deep.equal([tickets[4]]);
    expect(clock.pending).to.equal(1);
  });

  it('holds the loop beyond its tickets when asked to', () => {
    const holds: boolean[] = [];
    const desk = new Desk<Ticket<number>>({ hold: (held) => holds.push(held) });
    const ticket = new Ticket<number>(desk);
    desk.hold();
    ticket.resolve(1);
    expect(holds).to.deep.equal([true]);
    desk.unhold();
    expect(holds).to.deep.equal([true, false]);
  });
});
