import { expect } from 'chai';
import { CanaryCounts } from '#dist/monitoring/canary/counts.js';
import { CanaryJudge } from '#dist/monitoring/canary/judge.js';
import { defaultLimits } from '#dist/monitoring/canary/limits.js';
import { verdictOf } from '#dist/monitoring/canary/verdict.js';

const window = 60;
const hour = 3600;

/** Tommy Ettinger's mulberry32: the tails of what is drawn matter here. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws how many of `n` happen, by a table of the distribution. */
function binomial(n: number, p: number, random: () => number): () => number {
  const below: number[] = [];
  let term = (1 - p) ** n;
  for (let k = 0, sum = 0; k <= n; k++) {
    below.push((sum += term));
    term *= ((n - k) / (k + 1)) * (p / (1 - p));
  }
  return () => {
    const at = random();
    const found = below.findIndex((each) => at < each);
    return found === -1 ? n : found;
  };
}

/** A canary that fails as often as what is stable, looked at once a second for an hour. Returns whether it was rolled back. */
function isRolledBack(rate: number, [canary, stable]: readonly [number, number], random: () => number): boolean {
  const draws = [binomial(canary, rate, random), binomial(stable, rate, random)] as const;
  const seen = new CanaryCounts();
  const errors: (readonly [number, number])[] = [];
  for (let second = 0; second < hour; second++) {
    const drawn = [draws[0](), draws[1]()] as const;
    errors.push(drawn);
    seen.canary.errors += drawn[0];
    seen.stable.errors += drawn[1];
    const left = second >= window ? errors[second - window] : undefined;
    if (left) {
      seen.canary.errors -= left[0];
      seen.stable.errors -= left[1];
    } else {
      seen.canary.answers += canary;
      seen.stable.answers += stable;
    }
    if (verdictOf(seen, defaultLimits)) return true;
  }
  return false;
}

describe('a canary that is as good as what is stable', function () {
  this.timeout(60_000);

  it('is hardly ever rolled back for errors: of 1,000 hours at most 1 %', () => {
    const random = generator(17);
    const rates = [0, 0.001, 0.01, 0.1, 0.3];
    const traffic = [
      [4, 4],
      [4, 36],
      [20, 180],
      [10, 1],
    ] as const;
    let rolledBack = 0;
    for (const rate of rates) {
      for (const each of traffic) for (let i = 0; i < 50; i++) if (isRolledBack(rate, each, random)) rolledBack++;
    }
    expect(rolledBack).to.be.at.most(10);
  });

  it('is hardly ever rolled back for its times, which have a long tail and stalls that hit both', () => {
    const random = generator(18);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let rolledBack = 0;
    const hours = 40;
    for (let i = 0; i < hours; i++) {
      const judge = new CanaryJudge(defaultLimits);
      for (let second = 0; second < hour; second += 5) {
        const seen = new CanaryCounts();
        const stall = random() < 0.02 ? 20 : 1;
        for (const [side, answers] of [
          [seen.canary, 20],
          [seen.stable, 80],
        ] as const) {
          side.answers = answers;
          for (let k = 0; k < answers; k++) side.latencies.observe(3 * stall * Math.exp(0.8 * normal()));
        }
        judge.add(seen, second * 1000);
        if (!judge.verdict(second * 1000)) continue;
        rolledBack++;
        break;
      }
    }
    expect(rolledBack).to.equal(0);
  });

  it('would be found if it were worse: of 100 that fail at 10 % all, by the 400th answer', () => {
    const random = generator(19);
    for (let i = 0; i < 100; i++) {
      const seen = new CanaryCounts();
      seen.stable.answers = 1800;
      let at = 0;
      while (seen.canary.answers < 400 && at === 0) {
        seen.canary.answers++;
        if (random() < 0.1) seen.canary.errors++;
        if (verdictOf(seen, defaultLimits)) at = seen.canary.answers;
      }
      expect(at, `canary ${i}`).to.be.within(200, 400);
    }
  });
});
