import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { root } from '../support/paths.js';

type Verdict = 'slower' | 'faster' | 'same' | 'too noisy';
interface Judged {
  verdict: Verdict;
  ratio: number;
  low: number;
  high: number;
  rounds: number;
  pairs: number;
}
interface VerdictModule {
  judge: (pairs: number[][], measure: { better: 1 | -1; limit: number }) => Judged;
  medianInterval: (values: number[], confidence: number) => [number, number];
}

/** Numbers in (0, 1) that are the same in every run (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 + 2 ** -34;
  };
}

const normalOf = (random: () => number) => () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());

/** Ratios as two builds give them: each round wavers, each pair of processes is a little off, and some rounds are far off. */
function ratiosOf(
  seed: number,
  plan: { ratio: number; pairs?: number; rounds?: number; round?: number; pair?: number },
) {
  const { ratio, pairs = 4, rounds = 8, round = 0.08, pair = 0.015 } = plan;
  const random = randomOf(seed);
  const normal = normalOf(random);
  return Array.from({ length: pairs }, () => {
    const off = pair * normal();
    const far = () => (random() < 0.05 ? 0.7 * normal() : 0);
    return Array.from({ length: rounds }, () => ratio * Math.exp(off + round * normal() + far()));
  });
}

const time = { better: -1, limit: 0.05 } as const;
const rate = { better: 1, limit: 0.05 } as const;
const seeds = Array.from({ length: 1000 }, (_, i) => i + 1);

describe('the verdict of bench:diff', () => {
  let judge: VerdictModule['judge'];
  let medianInterval: VerdictModule['medianInterval'];
  before(async () => {
    const module: unknown = await import(pathToFileURL(join(root, 'benchmarks/lib/judge/verdict.mjs')).href);
    ({ judge, medianInterval } = module as VerdictModule);
  });

  /** How often each verdict is given. */
  const counts = (plan: Parameters<typeof ratiosOf>[1], measure: typeof time | typeof rate = time) => {
    const found = { slower: 0, faster: 0, same: 0, 'too noisy': 0 };
    for (const seed of seeds) found[judge(ratiosOf(seed, plan), measure).verdict]++;
    return found;
  };

  it('calls a build neither slower nor faster than itself', () => {
    for (const noise of [{}, { round: 0.02, pair: 0.002 }, { round: 0.4 }, { pair: 0.025 }, { pairs: 3, rounds: 6 }]) {
      const { slower, faster } = counts({ ratio: 1, ...noise });
      expect(slower + faster, JSON.stringify(noise)).to.be.at.most(2);
    }
  });

  it('finds what is slower or faster, in times and in rates', () => {
    expect(counts({ ratio: 1.2 }).slower).to.be.at.least(950);
    expect(counts({ ratio: 1 / 1.2 }).faster).to.be.at.least(950);
    expect(counts({ ratio: 1.2 }, rate).faster).to.be.at.least(950);
    expect(counts({ ratio: 1 / 1.2 }, rate).slower).to.be.at.least(950);
  });

  it('never calls a clear change the same, nor by the wrong name', () => {
    const { same, faster } = counts({ ratio: 1.12 });
    expect(faster).to.equal(0);
    expect(same).to.equal(0);
  });

  it('calls the same what is surely within the limit', () => {
    expect(counts({ ratio: 1, round: 0.02, pair: 0.005 }).same).to.be.at.least(950);
    expect(counts({ ratio: 1.04, round: 0.002, pair: 0.0005 }).same).to.be.at.least(950);
    expect(counts({ ratio: 1.06, round: 0.002, pair: 0.0005 }).slower).to.be.at.least(950);
  });

  it('says that it cannot tell when the rounds differ by more than the change', () => {
    expect(counts({ ratio: 1.1, round: 0.8 })['too noisy']).to.be.at.least(900);
  });

  it('does not take one odd pair of processes for a change', () => {
    const pairs = ratiosOf(7, { ratio: 1, round: 0.01, pair: 0 });
    pairs[0] = pairs[0]!.map((ratio) => ratio * 1.5);
    expect(judge(pairs, time).verdict).to.equal('too noisy');
  });

  it('decides nothing with fewer than three pairs of processes, or eight rounds', () => {
    expect(judge(ratiosOf(1, { ratio: 2, pairs: 2, rounds: 50 }), time).verdict).to.equal('too noisy');
    expect(judge(ratiosOf(1, { ratio: 2, pairs: 3, rounds: 2 }), time).verdict).to.equal('too noisy');
    expect(judge(ratiosOf(1, { ratio: 2, pairs: 3, rounds: 3 }), time).verdict).to.equal('slower');
  });

  it('judges by the limit of the measure', () => {
    const pairs = ratiosOf(3, { ratio: 1.1, round: 0.01, pair: 0.002 });
    expect(judge(pairs, { better: -1, limit: 0.05 }).verdict).to.equal('slower');
    expect(judge(pairs, { better: -1, limit: 0.15 }).verdict).to.equal('same');
  });

  it('tells the median of all rounds and an interval around it', () => {
    const found = judge(
      [
        [1, 1.1, 1.2],
        [1.3, 1.4, 1.5],
        [1.6, 1.7, 1.8],
      ],
      time,
    );
    expect(found).to.include({ ratio: 1.4, rounds: 9, pairs: 3 });
    expect([found.low, found.high]).to.deep.equal([1.1, 1.7]);
  });

  describe('the interval of a median', () => {
    it('holds the median as often as it says', () => {
      for (const [n, confidence] of [
        [9, 0.95],
        [18, 0.95],
        [36, 0.95],
        [36, 0.99],
      ] as const) {
        const held = seeds.filter((seed) => {
          const normal = normalOf(randomOf(seed * 31));
          const [low, high] = medianInterval(Array.from({ length: n }, normal), confidence);
          return low <= 0 && high >= 0;
        });
        expect(held.length / seeds.length, `${n} values`).to.be.at.least(confidence - 0.015);
      }
    });

    it('is all of the values when there are too few', () => {
      expect(medianInterval([3, 1, 2], 0.95)).to.deep.equal([1, 3]);
      expect(medianInterval([5], 0.95)).to.deep.equal([5, 5]);
    });

    it('has the ranks of the sign test', () => {
      const values = Array.from({ length: 18 }, (_, i) => i + 1);
      // P(at most 4 of 18) = 0.0154, of both sides 0.0309; at most 5: 0.0963.
      expect(medianInterval(values, 0.95)).to.deep.equal([5, 14]);
      expect(medianInterval(values, 0.9)).to.deep.equal([6, 13]);
    });
  });
});
