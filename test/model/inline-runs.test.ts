import { expect } from 'chai';
import { Tensor } from 'node-libtorch';
import { Calm, InlineRuns } from '#dist/model/inline-runs.js';

const tensor = (...shape: number[]): Tensor => Tensor.zeros(shape);

describe('InlineRuns', () => {
  const learned = (runs: InlineRuns, values: Parameters<InlineRuns['formOf']>[1], times = 20, heldMs = 0.05) => {
    const form = runs.formOf('forward', values)!;
    for (let i = 0; i < times; i++) runs.learn(form, heldMs);
    return form;
  };

  it('knows a form after twenty short runs', () => {
    const runs = new InlineRuns();
    const form = learned(runs, [tensor(1, 4)], 19);
    expect(runs.isKnown(form)).to.equal(false);
    runs.learn(form, 0.05);
    expect(runs.isKnown(form)).to.equal(true);
  });

  it('takes five away for a longer one, and all for one of over a millisecond', () => {
    for (const [heldMs, missing] of [
      [0.1, 6],
      [1, 6],
      [1.01, 20],
    ] as const) {
      const runs = new InlineRuns();
      const form = learned(runs, [tensor(1, 4)], 19);
      runs.learn(form, heldMs);
      for (let i = 1; i < missing; i++) runs.learn(form, 0.05);
      expect(runs.isKnown(form), `${heldMs} ms`).to.equal(false);
      runs.learn(form, 0.05);
      expect(runs.isKnown(form), `${heldMs} ms`).to.equal(true);
    }
  });

  it('never knows a form of which one run in five is longer', () => {
    const runs = new InlineRuns();
    const form = runs.formOf('forward', [tensor(1, 4)])!;
    for (let i = 0; i < 990; i++) runs.learn(form, i % 5 === 4 ? 0.12 : 0.09);
    expect(runs.isKnown(form)).to.equal(false);
  });

  it('stops looking at a form that never becomes known', () => {
    const runs = new InlineRuns();
    const form = learned(runs, [tensor(1, 4)], 1000, 3);
    expect([runs.isKnown(form), runs.isLearning(form)]).to.deep.equal([false, false]);
  });

  it('tells calls apart by method, shapes, dtypes and values that are no tensors', () => {
    const runs = new InlineRuns();
    const form = learned(runs, [tensor(1, 4), 3, undefined]);
    expect(runs.formOf('forward', [tensor(1, 4), 3, undefined])).to.equal(form);
    for (const [method, values] of [
      ['other', [tensor(1, 4), 3, undefined]],
      ['forward', [tensor(2, 4), 3, undefined]],
      ['forward', [tensor(4), 3, undefined]],
      ['forward', [Tensor.zeros([1, 4], 'float64'), 3, undefined]],
      ['forward', [tensor(1, 4), 4, undefined]],
      ['forward', [tensor(1, 4), 3n, undefined]],
      ['forward', [tensor(1, 4), 3, null]],
      ['forward', [tensor(1, 4), 3]],
      ['forward', [3, tensor(1, 4), undefined]],
    ] as const) {
      const other = runs.formOf(method, values)!;
      expect(other).not.to.equal(form);
      expect(runs.isKnown(other)).to.equal(false);
    }
    expect(runs.formOf('forward', [tensor(1, 4), 3, undefined])).to.equal(form);
  });

  it('knows nothing of lists and dicts', () => {
    const runs = new InlineRuns();
    expect(runs.formOf('forward', [[tensor(1, 4)]])).to.equal(undefined);
    expect(runs.formOf('forward', [{ x: 1 }])).to.equal(undefined);
  });

  it('remembers 32 forms, the newest', () => {
    const runs = new InlineRuns();
    const first = learned(runs, [tensor(1, 1)]);
    for (let size = 2; size <= 33; size++) runs.formOf('forward', [tensor(1, size)]);
    expect(runs.formOf('forward', [tensor(1, 1)])).not.to.equal(first);
  });

  it('ends with a run of over a millisecond, and says so', () => {
    const runs = new InlineRuns(undefined, () => 0);
    learned(runs, [tensor(1, 4)]);
    runs.ran(1);
    expect(runs.stats).to.deep.equal({ runs: 1, slow: 0, off: undefined });
    runs.ran(1.26);
    expect(runs.stats).to.deep.equal({
      runs: 2,
      slow: 1,
      off: 'a run on the calling thread took 1.3 ms: there are none for 0.25 s',
    });
    expect([runs.isOff, runs.formOf('forward', [tensor(1, 4)])]).to.deep.equal([true, undefined]);
  });

  it('ends with one that waited, too', () => {
    const runs = new InlineRuns(undefined, () => 0);
    runs.ran(0.05, 20);
    expect(runs.isOff).to.equal(false);
    runs.ran(0.05, 21);
    expect(runs.stats.off).to.equal('a run on the calling thread took 21.0 ms: there are none for 4.2 s');
  });

  it('keeps no long text', () => {
    const runs = new InlineRuns();
    expect(runs.formOf('forward', [tensor(1), 'x'.repeat(64)])).not.to.equal(undefined);
    expect(runs.formOf('forward', [tensor(1), 'x'.repeat(65)])).to.equal(undefined);
  });

  it('begins again 200 times as late as it took, knowing nothing; and twice as late each time, up to an hour', () => {
    let now = 0;
    const runs = new InlineRuns(undefined, () => now);
    const seconds = [0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6, 819.2, 1638.4, 3276.8, 3600, 3600];
    for (const [i, pause] of seconds.entries()) {
      learned(runs, [tensor(1, 4)]);
      runs.ran(2);
      now += pause * 1000 - 1;
      expect(runs.formOf('forward', [tensor(1, 4)]), `${pause} s`).to.equal(undefined);
      now += 1;
      expect(runs.isKnown(runs.formOf('forward', [tensor(1, 4)])!)).to.equal(false);
      expect(runs.stats).to.deep.include({ slow: i + 1, off: undefined });
    }
  });

  it('forgives a slow run after a thousand others', () => {
    let now = 0;
    const runs = new InlineRuns(undefined, () => now);
    for (let round = 0; round < 5; round++) {
      learned(runs, [tensor(1, 4)]);
      for (let i = 0; i < 1000; i++) runs.ran(0.05);
      runs.ran(2);
      now += 399;
      expect(runs.isOff).to.equal(true);
      now += 1;
      expect(runs.isOff).to.equal(false);
    }
  });

  it('waits as long as the slowest of some slow runs asks for', () => {
    let now = 0;
    const runs = new InlineRuns(undefined, () => now);
    runs.ran(100);
    expect(runs.stats.off).to.match(/none for 5 s$/);
    for (let i = 0; i < 1000; i++) runs.ran(0.05);
    now += 5000;
    for (const [tookMs, pauseMs] of [
      [2, 400],
      [10, 2000],
      [2, 4000],
      [100, 8000],
    ] as const) {
      runs.ran(tookMs);
      now += pauseMs - 1;
      expect(runs.isOff, `${pauseMs} ms`).to.equal(true);
      now += 1;
      expect(runs.isOff, `${pauseMs} ms`).to.equal(false);
    }
  });

  it('never begins where it is ruled out', () => {
    const runs = new InlineRuns('why', () => 1e12);
    expect([runs.isOff, runs.stats.off]).to.deep.equal([true, 'why']);
  });

  it('gives one run to a turn of the event loop, over all models', async () => {
    const [one, other] = [new InlineRuns(), new InlineRuns()];
    expect(other.isTurnTaken).to.equal(false);
    one.takeTurn();
    expect(other.isTurnTaken).to.equal(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(other.isTurnTaken).to.equal(false);
  });
});

describe('Calm', () => {
  it('is there after eight calls that came alone, and over with one that did not', () => {
    const calm = new Calm();
    const come = (times: number) => {
      for (let i = 0; i < times; i++) calm.came(true);
    };
    come(7);
    expect(calm.isThere).to.equal(false);
    come(1);
    expect(calm.isThere).to.equal(true);
    calm.came(false);
    come(7);
    expect(calm.isThere).to.equal(false);
    come(20);
    expect(calm.isThere).to.equal(true);
  });
});
