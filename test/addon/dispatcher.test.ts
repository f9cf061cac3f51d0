import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import type { Addon, ModelHandle } from '#dist/addon/addon.js';
import { Dispatcher, fromNative, type NativeResult } from '#dist/addon/dispatcher.js';
import { rejection } from '../support/errors.js';
import { seeded } from '../support/random.js';
import { SteppedClock } from '../support/stepped-clock.js';

/** The addon's side of an operation: waiting in the queue, then running, then settled. Tests count operations from 1. */
class FakeAddon {
  /** What the dispatcher calls them. */
  readonly ids: number[] = [];
  readonly waiting = new Set<number>();
  readonly running = new Set<number>();
  held = false;
  holds: boolean[] = [];

  holdLoop(hold: boolean): void {
    this.held = hold;
    this.holds.push(hold);
  }

  cancel(id: number): boolean {
    return this.waiting.delete(this.ids.indexOf(id) + 1);
  }
}

const handle = {} as ModelHandle;

function setUp() {
  const addon = new FakeAddon();
  const clock = new SteppedClock();
  const dispatcher = new Dispatcher(addon as unknown as Addon, clock);
  const submit = (id: number): void => void addon.waiting.add(addon.ids.push(id));
  const settle = (operation: number, error: unknown = null, value: unknown = 'value'): void => {
    addon.waiting.delete(operation);
    addon.running.delete(operation);
    dispatcher.onSettled([addon.ids[operation - 1], error, value, 1, 2, 1.5]);
  };
  return { addon, clock, dispatcher, submit, settle };
}

/** How a promise ended, once it has. */
function watch(promise: Promise<NativeResult>) {
  const seen: { settled: number; value?: NativeResult; reason?: unknown } = { settled: 0 };
  void promise.then(
    (value) => Object.assign(seen, { settled: seen.settled + 1, value }),
    (reason: unknown) => Object.assign(seen, { settled: seen.settled + 1, reason }),
  );
  return seen;
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('Dispatcher', () => {
  it('gives value and timings', async () => {
    const { dispatcher, submit, settle } = setUp();
    const answer = dispatcher.start(submit);
    settle(1, null, 'yes');
    expect(await answer).to.deep.equal({
      value: 'yes',
      timings: { queueMs: 1, runMs: 2 },
      heldMs: 1.5,
    });
  });

  it('settles whole groups, and ignores ids that are nobody’s', async () => {
    const { addon, dispatcher, submit } = setUp();
    const answers = [dispatcher.start(submit), dispatcher.start(submit)];
    const [a, b] = addon.ids;
    dispatcher.onSettled([
      ...[-1, null, null, 0, 0, 0],
      ...[b, null, 'b', 0, 0, 0],
      ...[99, null, null, 0, 0, 0],
      ...[a, null, 'a', 0, 0, 0],
    ]);
    expect((await Promise.all(answers)).map(({ value }) => value)).to.deep.equal(['a', 'b']);
  });

  it('takes the place of an operation again, and not its id', async () => {
    const { addon, dispatcher, submit, settle } = setUp();
    const first = dispatcher.start(submit);
    settle(1);
    const second = watch(dispatcher.start(submit));
    settle(1);
    await turn();
    expect(new Set(addon.ids).size).to.equal(2);
    expect(second.settled).to.equal(0);
    settle(2, null, 'second');
    await turn();
    expect([(await first).value, second.value?.value]).to.deep.equal(['value', 'second']);
  });

  it('rejects with an error of the table', async () => {
    const { dispatcher, submit, settle } = setUp();
    const answer = dispatcher.start(submit);
    settle(1, { code: 'ERR_MODEL_EXECUTION', message: 'no' });
    expect((await rejection(() => answer, 'ERR_MODEL_EXECUTION')).message).to.equal('no');
    const foreign = new Error('no code of ours');
    expect(fromNative(foreign)).to.equal(foreign);
  });

  it('rejects when submitting throws, and then waits for nothing', async () => {
    const { addon, dispatcher } = setUp();
    let finished = 0;
    const signal = new AbortController().signal;
    const full = (): never => {
      throw Object.assign(new Error('full'), { code: 'ERR_QUEUE_FULL' });
    };
    const limits = { signal, timeoutMs: 10_000, handle, onFinished: () => ++finished };
    await rejection(() => dispatcher.start(full, limits), 'ERR_QUEUE_FULL');
    expect(addon.holds).to.deep.equal([]);
    expect(finished).to.equal(0);
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
  });

  it('does not submit what was aborted before', async () => {
    const { addon, dispatcher, submit } = setUp();
    const reason = new Error('before');
    const answer = dispatcher.start(submit, { signal: AbortSignal.abort(reason) });
    expect(await answer.catch((error: unknown) => error)).to.equal(reason);
    expect(addon.waiting.size + addon.holds.length).to.equal(0);
  });

  it('reports a dropped operation as finished at the abort, a running one when it ends', async () => {
    for (const running of [false, true]) {
      const { addon, dispatcher, submit, settle } = setUp();
      let finished = 0;
      const controller = new AbortController();
      const answer = dispatcher.start(submit, { signal: controller.signal, handle, onFinished: () => ++finished });
      if (running) addon.waiting.delete(1);
      controller.abort();
      expect(await answer.catch((error: unknown) => (error as Error).name)).to.equal('AbortError');
      expect(finished).to.equal(running ? 0 : 1);
      expect(addon.held).to.equal(false);
      settle(1);
      expect(finished).to.equal(1);
    }
  });

  it('holds the event loop from the first that is awaited to the last', () => {
    const { addon, dispatcher, submit, settle } = setUp();
    void dispatcher.start(submit);
    void dispatcher.start(submit);
    settle(2);
    expect(addon.holds).to.deep.equal([true]);
    settle(1);
    expect(addon.holds).to.deep.equal([true, false]);
  });

  /**
   * Any number of operations, in any order of: starting to run, settling well or badly, settling twice, abort, abort
   * again, and time-out. Whatever comes first decides, and nothing is left over.
   */
  it('settles each operation exactly once in 2,000 random histories', async () => {
    const random = seeded(20261122);
    for (let history = 0; history < 2000; ++history) {
      const { addon, clock, dispatcher, submit, settle } = setUp();
      const count = 1 + random(5);
      const operations = Array.from({ length: count }, (_, i) => {
        const controller = new AbortController();
        const limited = { timed: random(4) === 0, abortable: random(2) === 0, known: random(3) !== 0 };
        let finished = 0;
        const seen = watch(
          dispatcher.start(submit, {
            ...(limited.abortable && { signal: controller.signal }),
            ...(limited.timed && { timeoutMs: 2 }),
            ...(limited.known && { handle }),
            onFinished: () => ++finished,
          }),
        );
        return { id: i + 1, controller, limited, seen, first: '', finished: () => finished };
      });
      for (let step = 0; step < count * 4; ++step) {
        const operation = operations[random(count)]!;
        const { id, controller, limited } = operation;
        const live = operation.first === '';
        switch (random(5)) {
          case 0:
            if (addon.waiting.delete(id)) addon.running.add(id);
            break;
          case 1:
            if (addon.waiting.has(id) || addon.running.has(id) || random(2)) settle(id);
            if (live) operation.first = 'value';
            break;
          case 2:
            settle(id, { code: 'ERR_MODEL_EXECUTION', message: 'bad' });
            if (live) operation.first = 'error';
            break;
          case 3:
            controller.abort();
            if (live && limited.abortable) operation.first = 'abort';
            break;
          default:
            clock.advance(2);
            for (const timed of operations) if (timed.first === '' && timed.limited.timed) timed.first = 'timeout';
        }
        // Held exactly as long as somebody waits.
        const awaited = operations.some(({ first }) => first === '');
        if (addon.held !== awaited)
          expect.fail(`history ${history}, step ${step}: the loop is ${addon.held ? '' : 'not '}held`);
      }
      for (const operation of operations) {
        settle(operation.id);
        if (operation.first === '') operation.first = 'value';
      }
      await turn();
      for (const { seen, first, finished, controller } of operations) {
        const what = `history ${history}: ${first}`;
        expect(seen.settled, what).to.equal(1);
        expect(finished(), `${what}, finished`).to.equal(1);
        expect(getEventListeners(controller.signal, 'abort'), what).to.have.length(0);
        const name = seen.value ? 'value' : nameOf(seen.reason);
        expect(name, what).to.equal(first);
      }
      expect(addon.held, `history ${history}`).to.equal(false);
      expect(clock.pending, `timers of history ${history}`).to.equal(0);
      expect(addon.holds.filter(Boolean)).to.have.length(addon.holds.length / 2);
    }
  });
});

function nameOf(reason: unknown): string {
  const { name, code } = reason as { name: string; code?: unknown };
  if (name === 'AbortError') return 'abort';
  return code === 'ERR_TIMEOUT' ? 'timeout' : 'error';
}
