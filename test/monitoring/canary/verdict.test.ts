import { expect } from 'chai';
import { CanaryCounts } from '#dist/monitoring/canary/counts.js';
import { CanaryJudge } from '#dist/monitoring/canary/judge.js';
import { defaultLimits } from '#dist/monitoring/canary/limits.js';
import { verdictOf } from '#dist/monitoring/canary/verdict.js';

interface Seen {
  readonly answers: number;
  readonly errors?: number;
  /** Of each answer. */
  readonly ms?: number;
}

function counts(canary: Seen, stable: Seen, [compared, disagreed] = [0, 0]): CanaryCounts {
  const made = new CanaryCounts();
  for (const [side, { answers, errors = 0, ms = 5 }] of [
    [made.canary, canary],
    [made.stable, stable],
  ] as const) {
    side.answers = answers;
    side.errors = errors;
    for (let i = errors; i < answers; i++) side.latencies.observe(ms);
  }
  return Object.assign(made, { compared, disagreed });
}

const limitOf = (seen: CanaryCounts, limits = {}) => verdictOf(seen, { ...defaultLimits, ...limits })?.limit;

describe('verdict of a canary', () => {
  it('is none below 200 answers, however bad they are', () => {
    expect(limitOf(counts({ answers: 199, errors: 199 }, { answers: 1000 }))).to.equal(undefined);
    expect(limitOf(counts({ answers: 200, errors: 200 }, { answers: 1000 }))).to.equal('errors');
    expect(limitOf(counts({ answers: 199, ms: 500 }, { answers: 1000 }))).to.equal(undefined);
    expect(limitOf(counts({ answers: 200, ms: 500 }, { answers: 1000 }))).to.equal('latency');
  });

  it('takes errors by what is stable, and by how sure it can be', () => {
    const of = (canary: number, stable: number, limits = {}) =>
      limitOf(counts({ answers: 200, errors: canary }, { answers: 1800, errors: stable }), limits);
    expect(of(0, 0)).to.equal(undefined);
    expect(of(5, 0), '2.5 % of 200 may be 2 %').to.equal(undefined);
    expect(of(20, 0)).to.equal('errors');
    expect(of(20, 180), 'both fail at 10 %').to.equal(undefined);
    expect(of(28, 180), '14 % of 200 may be 12 %').to.equal(undefined);
    expect(of(60, 180)).to.equal('errors');
    expect(of(20, 0, { maxErrorRate: 0.1 })).to.equal(undefined);
    expect(of(60, 0, { maxErrorRate: 0.1 })).to.equal('errors');
    expect(of(200, 0, { maxErrorRate: 1 }), 'no limit').to.equal(undefined);
    expect(of(2, 0, { maxErrorRate: 0 }), 'two of 200').to.equal(undefined);
    expect(limitOf(counts({ answers: 6000, errors: 240 }, { answers: 54_000 })), '4 % of 6,000').to.equal('errors');
  });

  it('knows the errors of before where it sees none of the stable version', () => {
    const seen = counts({ answers: 300, errors: 30 }, { answers: 0 });
    expect(verdictOf(seen, defaultLimits)?.limit).to.equal('errors');
    expect(verdictOf(seen, defaultLimits, { answers: 1000, errors: 100 })).to.equal(undefined);
  });

  it('takes times by their ratio, and absolutely', () => {
    const of = (ms: number, limits = {}, stable = 5) =>
      limitOf(counts({ answers: 200, ms }, { answers: 1800, ms: stable }), limits);
    expect([of(5), of(9)]).to.deep.equal([undefined, undefined]);
    expect(of(12)).to.equal('latency');
    expect(of(12, { maxLatencyRatio: 3 })).to.equal(undefined);
    expect(of(0.4, {}, 0.1), 'less than a millisecond more').to.equal(undefined);
    expect(of(12, { maxLatencyRatio: 3, maxLatencyMs: 10 })).to.equal('latency');
    expect(of(8, { maxLatencyRatio: 1000, maxLatencyMs: 10 })).to.equal(undefined);
    expect(limitOf(counts({ answers: 200, ms: 50 }, { answers: 49, ms: 5 })), 'too few beside it').to.equal(undefined);
  });

  it('takes the 95th percentile: a few slow answers are none', () => {
    const seen = counts({ answers: 200, ms: 5 }, { answers: 1800, ms: 5 });
    for (let i = 0; i < 12; i++) seen.canary.latencies.observe(500);
    expect(limitOf(seen)).to.equal(undefined);
    for (let i = 0; i < 40; i++) seen.canary.latencies.observe(500);
    expect(limitOf(seen)).to.equal('latency');
  });

  it('compares the runs of as many rows: under load a slow canary slows down what is beside it, too', () => {
    const of = (canaryMs: number, [own, beside]: readonly [number, number], rows = 4, limits = {}) => {
      const seen = counts({ answers: 400, ms: canaryMs }, { answers: 1800, ms: 260 });
      for (let i = 0; i < 200; i++) {
        seen.canary.runs.observe(rows, own);
        seen.stable.runs.observe(4, beside);
        // Those of many rows take longer, and are none to compare with.
        seen.stable.runs.observe(32, 8 * beside);
      }
      return limitOf(CanaryCounts.from(JSON.parse(JSON.stringify(seen)) as never), limits);
    };
    expect(of(480, [60, 20])).to.equal('latency');
    expect(of(480, [60, 20], 4, { maxLatencyRatio: 4 })).to.equal(undefined);
    expect(of(480, [30, 20]), 'not so much longer').to.equal(undefined);
    expect(of(270, [60, 20]), 'nobody waits longer').to.equal(undefined);
    expect(of(480, [60, 20], 9), 'nine rows may take 60 ms where four take 20').to.equal(undefined);
    expect(of(480, [200, 20], 9), 'but not 200').to.equal('latency');
    expect(of(480, [60, 20], 1), 'nor may one row take 60').to.equal('latency');
    expect(of(480, [0.9, 0.2]), 'less than a millisecond more').to.equal(undefined);
  });

  it('takes disagreement only where it is asked for', () => {
    const seen = counts({ answers: 200 }, { answers: 800 }, [60, 45]);
    expect(limitOf(seen)).to.equal(undefined);
    expect(limitOf(seen, { maxDisagreement: 0.2 })).to.equal('disagreement');
    expect(limitOf(seen, { maxDisagreement: 0.8 })).to.equal(undefined);
    expect(limitOf(counts({ answers: 200 }, { answers: 800 }, [60, 14]), { maxDisagreement: 0.2 })).to.equal(undefined);
    expect(limitOf(counts({ answers: 200 }, { answers: 800 }, [1, 1]), { maxDisagreement: 0.2 })).to.equal(undefined);
  });

  it('says in words and numbers what it was found of', () => {
    const found = verdictOf(counts({ answers: 200, errors: 30 }, { answers: 1800, errors: 9 }), defaultLimits);
    expect(found?.reason).to.equal(
      'errors: 15 % of 200 answers, but 0.5 % of 1800 answers of the stable version; the limit is 2 % more',
    );
    expect(found?.numbers.canary).to.include({ answers: 200, errors: 30, errorRate: 0.15 });
    expect(found?.numbers.canary.p95Ms).to.be.closeTo(5, 0.5);
  });
});

describe('a judge of a canary', () => {
  const bad = () => counts({ answers: 50, errors: 25 }, { answers: 200 });

  it('has a window that slides: what is older counts no more', () => {
    const judge = new CanaryJudge({ ...defaultLimits, windowSeconds: 10 });
    for (const at of [0, 6000, 12_000, 18_000]) {
      judge.add(bad(), at);
      expect(judge.verdict(at), `at ${at}`).to.equal(undefined);
    }
    expect(judge.numbers(18_000).canary.answers).to.equal(100);
    for (const at of [19_000, 20_000]) judge.add(bad(), at);
    expect(judge.verdict(20_000)?.limit).to.equal('errors');
    expect(judge.numbers(60_000).canary).to.deep.equal({ answers: 0, errors: 0, errorRate: null, p95Ms: null });
    expect(judge.verdict(60_000)).to.equal(undefined);
  });

  it('finds it at the 200th answer, whichever second that comes in', () => {
    const judge = new CanaryJudge(defaultLimits);
    for (const at of [0, 20_000, 40_000]) judge.add(bad(), at);
    expect(judge.verdict(40_000)).to.equal(undefined);
    judge.add(bad(), 59_000);
    expect(judge.verdict(59_000)?.limit).to.equal('errors');
  });

  it('takes counts as messages between processes carry them', () => {
    const judge = new CanaryJudge(defaultLimits);
    const said = JSON.parse(
      JSON.stringify(counts({ answers: 260, errors: 13, ms: 7 }, { answers: 9 }, [3, 1])),
    ) as never;
    judge.add(CanaryCounts.from(said), 0);
    expect(judge.numbers(0)).to.deep.include({ compared: 3, disagreed: 1 });
    expect(judge.numbers(0).canary).to.include({ answers: 260, errors: 13, errorRate: 0.05 });
    expect(judge.numbers(0).canary.p95Ms).to.be.closeTo(7, 0.7);
  });

  it('keeps as much of an hour as of a minute', () => {
    const judge = new CanaryJudge({ ...defaultLimits, windowSeconds: 3600 });
    for (let second = 0; second < 7200; second++) judge.add(counts({ answers: 1 }, { answers: 1 }), second * 1000);
    const { answers } = judge.numbers(7_199_000).canary;
    expect(answers).to.be.within(3540, 3600);
  });
});
