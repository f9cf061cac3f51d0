import { expect } from 'chai';
import {
  calibrationFault,
  estimate,
  estimating,
  fitCalibration,
  PerformanceProfile,
  type Calibration,
} from '#dist/monitoring/performance/index.js';
import type { ErrorCode } from '#dist/errors.js';
import { statisticsFaults } from '#dist/monitoring/drift/statistics-faults.js';
import { caught } from '../../support/caught.js';
import { seeded } from '../../support/random.js';

interface Rows {
  readonly actual: number[];
  readonly predicted: number[];
  readonly confidences: number[];
  readonly x: number[][];
}

const centres = [
  [0, 0],
  [2, 0.5],
  [0.5, 2],
];

/** Rows of three classes around their centres, and what the best classifier says of them. */
function draw(count: number, seed: number, shares: readonly number[] = [1, 1, 1], spoil = (x: number[]) => x): Rows {
  const below = seeded(seed);
  const uniform = () => (below(2 ** 24) + 0.5) / 2 ** 24;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const total = shares.reduce((sum, share) => sum + share, 0);
  const rows: Rows = { actual: [], predicted: [], confidences: [], x: [] };
  for (let row = 0; row < count; row++) {
    let left = uniform() * total;
    let actual = 0;
    while (actual < 2 && left >= shares[actual]!) left -= shares[actual++]!;
    const x = spoil(centres[actual]!.map((centre) => centre + normal()));
    // Of equal shares: the classifier does not know of any other.
    const weights = centres.map(([a, b]) => Math.exp(-((x[0]! - a!) ** 2 + (x[1]! - b!) ** 2) / 2));
    const best = weights.indexOf(Math.max(...weights));
    rows.actual.push(actual);
    rows.predicted.push(best);
    rows.confidences.push(weights[best]! / weights.reduce((sum, weight) => sum + weight, 0));
    rows.x.push(x);
  }
  return rows;
}

const calibrated = ({ actual, predicted, confidences, x }: Rows): Calibration =>
  fitCalibration({
    ...{ classes: 3, actual, predicted, confidences },
    features: [0, 1].map((place) => ({ name: `x${place}`, kind: 'numeric', values: x.map((row) => row[place]!) })),
  });

function profiled(calibration: Calibration, { predicted, confidences, x }: Rows): PerformanceProfile {
  const profile = new PerformanceProfile(calibration);
  for (const [row, k] of predicted.entries()) profile.add(k, confidences[row]!, x[row]);
  return profile;
}

const truthOf = ({ actual, predicted }: Rows) =>
  actual.filter((label, row) => label === predicted[row]).length / actual.length;

describe('estimate', () => {
  const calibration = calibrated(draw(3000, 1));
  const estimated = (rows: Rows) => estimate(calibration, profiled(calibration, rows));

  it('is near the truth on rows like those it was calibrated on, and its interval holds it', () => {
    let held = 0;
    for (let seed = 10; seed < 50; seed++) {
      const rows = draw(3000, seed);
      const { status, accuracy = NaN, low = NaN, high = NaN } = estimated(rows);
      expect(status).to.equal('estimated');
      expect(Math.abs(accuracy - truthOf(rows)), `seed ${seed}`).to.be.below(0.03);
      if (low <= truthOf(rows) && truthOf(rows) <= high) held++;
    }
    expect(held).to.be.at.least(34);
  });

  it('follows a shift of classes, which is no reason to refuse', () => {
    const mixes = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 1, 0],
      [8, 1, 1],
      [1, 3, 9],
    ];
    for (const [seed, shares] of mixes.entries()) {
      const rows = draw(4000, 100 + seed, shares);
      const { status, accuracy = NaN } = estimated(rows);
      expect(status, `mix ${seed}`).to.equal('estimated');
      expect(accuracy, `mix ${seed}`).to.be.closeTo(truthOf(rows), 0.03);
    }
  });

  it('adds up what features say that each differ by little', () => {
    const wide = (count: number, seed: number, spread: number): Rows => {
      const rows = draw(count, seed);
      const uniform = seeded(seed + 1);
      const noise = (): number =>
        Array.from({ length: 12 }, () => uniform(1000) / 1000 - 0.5).reduce((a, b) => a + b, 0);
      return { ...rows, x: rows.x.map(() => Array.from({ length: 8 }, () => spread * noise())) };
    };
    const columns = ({ actual, predicted, confidences, x }: Rows): Calibration =>
      fitCalibration({
        ...{ classes: 3, actual, predicted, confidences },
        features: Array.from({ length: 8 }, (_, place) => ({
          ...{ name: `x${place}`, kind: 'numeric' as const },
          values: x.map((row) => row[place]!),
        })),
      });
    const own = columns(wide(3000, 1, 1));
    const statuses = (spread: number): Set<string> =>
      new Set(
        Array.from({ length: 20 }, (_, seed) => estimate(own, profiled(own, wide(200, 300 + seed, spread))).status),
      );
    expect([...statuses(1)]).to.deep.equal(['estimated']);
    expect([...statuses(1.4)]).to.deep.equal(['not calibrated here']);
  });

  it('says that it is not calibrated where inputs are others', () => {
    const spoils: ((x: number[]) => number[])[] = [
      ([a, b]) => [a! + 1.5, b!],
      ([a, b]) => [a! * 3, b! * 3],
      ([a, b]) => [-a!, -b!],
      ([a]) => [a!, 0.5],
    ];
    for (const [index, spoil] of spoils.entries()) {
      const rows = draw(500, 200 + index, [1, 1, 1], spoil);
      expect(estimated(rows).status, `${index}`).to.equal('not calibrated here');
      expect(estimated(rows)).not.to.have.property('accuracy');
    }
  });

  it('says so where features are missing that were there', () => {
    const { x, ...rows } = draw(500, 250);
    expect(estimated({ ...rows, x: x.map(() => [NaN, NaN]) }).status).to.equal('not calibrated here');
  });

  it('says so where confidences alone are others', () => {
    const rows = draw(2000, 300);
    const profile = new PerformanceProfile(calibration);
    for (const [row, k] of rows.predicted.entries()) profile.add(k, Math.max(0.34, rows.confidences[row]! - 0.3));
    expect(estimate(calibration, profile).status).to.equal('not calibrated here');
  });

  it('says of few rows, and without a calibration, that it knows nothing', () => {
    const few = profiled(calibration, draw(99, 7));
    expect(estimate(calibration, few)).to.deep.equal({ status: 'too few', rows: 99 });
    expect(estimate(calibration, new PerformanceProfile(calibration), { leastRows: 0 }).status).to.equal('too few');
    expect(estimate(undefined, few)).to.deep.equal({ status: 'no calibration', rows: 99 });
  });

  it('makes sense of held-out rows without an error, and of very few', () => {
    const right = draw(60, 5);
    const perfect = calibrated({ ...right, actual: right.predicted });
    for (const each of [
      perfect,
      calibrated(draw(3, 6)),
      calibrated({ ...right, confidences: right.confidences.fill(1) }),
    ]) {
      const { status, accuracy = 0, low = 0, high = 0 } = estimate(each, profiled(each, right), { leastRows: 1 });
      if (status !== 'estimated') continue;
      expect(accuracy).to.be.within(0.1, 1);
      expect(low).to.be.below(accuracy);
      expect(high).to.be.within(accuracy, 1);
    }
  });

  it('copes with a thousand classes, of which few occur', () => {
    const rows = draw(2000, 8);
    const wide = fitCalibration({ ...rows, classes: 1000 });
    const profile = new PerformanceProfile(wide);
    for (const [row, k] of rows.predicted.entries()) profile.add(k, rows.confidences[row]!);
    profile.add(999, 0.5);
    expect(estimate(wide, profile).accuracy).to.be.closeTo(truthOf(rows), 0.02);
    expect(JSON.stringify(wide).length).to.be.below(10_000);
  });

  it('may be cut into slices: between two pauses no more than some classes are looked at', () => {
    const below = seeded(9);
    const classes = 1000;
    const predicted = Array.from({ length: 3000 }, () => below(classes));
    const confidences = predicted.map(() => (below(1000) + 0.5) / 1000);
    const actual = predicted.map((k) => (below(3) === 0 ? below(classes) : k));
    const calibration = fitCalibration({ classes, predicted, confidences, actual });
    const profile = new PerformanceProfile(calibration);
    for (const [row, k] of predicted.entries()) profile.add(k, confidences[row]!);
    const work = estimating(calibration, profile);
    let steps = 0;
    let step = work.next();
    for (; step.done !== true; step = work.next()) steps++;
    // One for each class that is compared, and sixteen for each step of the shift of classes.
    expect(steps).to.be.above(classes + 160);
    expect(step.value).to.deep.equal(estimate(calibration, profile));
  });
});

describe('PerformanceProfile', () => {
  const calibration = calibrated(draw(1000, 1));

  it('adds up over processes, through JSON, to what one would have counted', () => {
    const rows = draw(900, 2);
    const part = (from: number, to: number) =>
      profiled(calibration, {
        actual: [],
        predicted: rows.predicted.slice(from, to),
        confidences: rows.confidences.slice(from, to),
        x: rows.x.slice(from, to),
      });
    const sum = part(0, 300);
    sum.merge(PerformanceProfile.from(calibration, JSON.parse(JSON.stringify(part(300, 500))) as never));
    sum.merge(part(500, 900));
    expect(sum.toJSON()).to.deep.equal(profiled(calibration, rows).toJSON());
    expect(sum.rows).to.equal(900);
  });

  it('leaves out what no row can be', () => {
    const profile = new PerformanceProfile(calibration);
    profile.add(3, 0.5);
    profile.add(-1, 0.5);
    profile.add(NaN, 0.5);
    profile.add(1, NaN);
    expect(profile.toJSON()).to.deep.equal({ rows: 0, cells: [], features: [[], []] });
  });

  it('refuses counts of another calibration', () => {
    const profile = new PerformanceProfile(calibration);
    for (const counts of [
      { rows: 1, cells: [1e6, 1], features: [[], []] },
      { rows: 1, cells: [0, 1], features: [[]] },
      { rows: 1, cells: [0], features: [[], []] },
    ]) {
      caught(() => profile.merge(counts), 'ERR_INVALID_ARGUMENT');
    }
    expect(profile.rows).to.equal(0);
  });
});

describe('fitCalibration', () => {
  it('refuses columns that do not belong together', () => {
    const good = { classes: 2, predicted: [0, 1], confidences: [0.9, 0.8], actual: [0, 0] };
    const wrong: [object, ErrorCode][] = [
      [{ predicted: [], confidences: [], actual: [] }, 'ERR_INVALID_ARGUMENT'],
      [{ confidences: [0.9] }, 'ERR_INVALID_ARGUMENT'],
      [{ actual: [0, 2] }, 'ERR_OUT_OF_RANGE'],
      [{ predicted: [0, 0.5] }, 'ERR_OUT_OF_RANGE'],
      [{ confidences: [0.9, 1.1] }, 'ERR_OUT_OF_RANGE'],
      [{ confidences: [0.9, NaN] }, 'ERR_OUT_OF_RANGE'],
      [{ classes: 1 }, 'ERR_OUT_OF_RANGE'],
      [{ classes: 2001 }, 'ERR_OUT_OF_RANGE'],
      [{ features: [{ name: 'a', kind: 'numeric', values: [1] }] }, 'ERR_INVALID_ARGUMENT'],
    ];
    for (const [change, code] of wrong) {
      caught(() => fitCalibration({ ...good, ...change }), code);
    }
    expect(fitCalibration(good).rows).to.equal(2);
  });

  it('is bounded, whatever the number of rows and classes', () => {
    const below = seeded(4);
    const column = (most: number) => Array.from({ length: 20_000 }, () => below(most));
    const features = Array.from({ length: 64 }, (_, index) => ({
      ...{ name: `f${index}`, kind: index % 2 ? ('categorical' as const) : ('numeric' as const) },
      values: column(1000),
    }));
    const confidences = column(1000).map((value) => value / 1000);
    const large = fitCalibration({
      classes: 2000,
      predicted: column(2000),
      confidences,
      actual: column(2000),
      features,
    });
    expect(JSON.stringify(large).length).to.be.below(700_000);
    expect(calibrationFault(large, 2000)).to.equal(undefined);
  });
});

describe('calibrationFault', () => {
  const good = JSON.parse(JSON.stringify(calibrated(draw(500, 3)))) as Calibration;

  it('takes what fitCalibration makes, after a way through a file', () => {
    expect(calibrationFault(good, 3)).to.equal(undefined);
  });

  it('says where one that was written by hand is none', () => {
    const [feature] = good.features;
    const wrong: [unknown, string][] = [
      [undefined, 'rows'],
      ['text', 'rows'],
      [{}, 'rows'],
      [{ ...good, rows: -1 }, 'rows'],
      [{ ...good, classes: 4 }, 'classes'],
      [{ ...good, edges: [0.5, 0.4] }, 'edges'],
      [{ ...good, edges: [0] }, 'edges'],
      [{ ...good, confidences: [] }, 'confidences'],
      [{ ...good, cells: {} }, 'cells'],
      [{ ...good, cells: [[0, [1], [1]]] }, 'cells/0'],
      [{ ...good, cells: [null] }, 'cells/0'],
      [{ ...good, confusions: [[0, 1]] }, 'confusions/0'],
      [{ ...good, groups: [0, 0] }, 'groups'],
      [{ ...good, groups: [0] }, 'features/0'],
      [{ ...good, features: [feature, { ...feature, edges: [] }] }, 'features/1'],
      [{ ...good, features: [{ ...feature, kind: 'other' }] }, 'features/0'],
    ];
    for (const [value, path] of wrong) {
      expect(calibrationFault(value, 3)?.path.join('/'), JSON.stringify(value)?.slice(0, 80)).to.equal(path);
    }
  });

  it('is asked where the statistics of a record are', () => {
    const output = { name: 'scores', dtype: 'float32' as const, shape: [null, 3] };
    const sides = { inputs: [{ ...output, name: 'x', shape: [null, 2] }], outputs: [output] };
    const meaning = { answer: 'class' as const, scores: 'logits' as const, labels: ['a', 'b', 'c'] };
    const faultsOf = (calibration: object, means: Parameters<typeof statisticsFaults>[2] = meaning) =>
      [...statisticsFaults({ rows: 1, inputs: [], calibration: { ...calibration } }, sides, means)].map(({ path }) =>
        path.join('/'),
      );
    expect(faultsOf(good)).to.deep.equal([]);
    expect(faultsOf({ ...good, classes: 2 })).to.deep.equal(['calibration/classes']);
    expect(faultsOf(good, { answer: 'values' })).to.deep.equal(['calibration']);
  });
});
