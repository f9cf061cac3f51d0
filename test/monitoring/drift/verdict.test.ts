import { expect } from 'chai';
import {
  driftPresets,
  verdictOf,
  type FeatureCounts,
  type PresetName,
  type ProfileCounts,
  type VerdictOptions,
} from '#dist/monitoring/index.js';
import { normals, uniforms } from '#dist/statistics/special/random.js';
import { rejection } from '../../support/errors.js';

const edges = Array.from({ length: 31 }, (_, i) => -2 + (4 * i) / 30);
const random = normals(21);
const uniform = uniforms(22);

/** A normal sample of a mean in bins. */
function normal(name: string, rows: number, mean = 0, missing = 0): FeatureCounts {
  const counts = new Uint32Array(edges.length + 1);
  for (let row = missing; row < rows; row++) {
    const value = mean + random();
    counts[edges.filter((edge) => edge < value).length]!++;
  }
  return { name, kind: 'numeric', bins: { edges, counts }, missing };
}

function classes(name: string, rows: number, shares: readonly number[]): FeatureCounts {
  const counts = new Uint32Array(shares.length);
  for (let row = 0; row < rows; row++) {
    let left = uniform();
    counts[Math.max(0, shares.findIndex((share) => (left -= share) < 0))]!++; // prettier-ignore
  }
  return { name, kind: 'categorical', bins: { counts }, missing: 0 };
}

const even = [0.4, 0.3, 0.2, 0.1];
const profile = (rows: number, change: { mean?: number; shares?: number[]; missing?: number } = {}): ProfileCounts => ({
  rows,
  features: [
    normal('age', rows, change.mean, change.missing),
    normal('height', rows),
    classes('class', rows, change.shares ?? even),
  ],
});

describe('verdicts of windows', function () {
  this.timeout(60_000);
  const reference = profile(10_000);
  const levels = async (window: ProfileCounts, options?: VerdictOptions): Promise<Record<string, string>> => {
    const { level, features } = await verdictOf(reference, window, options);
    return { window: level, ...Object.fromEntries(features.map((feature) => [feature.feature, feature.level])) };
  };

  it('drift: which feature it is, by how much, and that the others are as they were', async () => {
    const window = profile(500, { mean: 0.5 });
    const { level, rows, falseAlarms, features } = await verdictOf(reference, window, { level: 1e-6 });
    expect({ level, rows, falseAlarms }).to.deep.equal({ level: 'drift', rows: 500, falseAlarms: 1e-6 });
    expect(features.map(({ feature, test }) => `${feature} ${test}`)).to.deep.equal([
      'age ks',
      'height ks',
      'class chi2',
    ]);
    const [age, height] = features as [(typeof features)[0], (typeof features)[0]];
    expect(age.statistic).to.be.above(age.threshold);
    expect(age.pValue).to.be.below(1e-6);
    expect(age.adjusted).to.be.at.least(age.pValue).and.at.most(1e-6);
    expect(height).to.include({ level: 'ok' });
    expect(height.statistic).to.be.below(height.threshold);
  });

  it('a changed share of classes, and a share of missing rows, are drift too', async () => {
    expect(await levels(profile(500, { shares: [0.3, 0.3, 0.2, 0.2] }), { level: 1e-4 })).to.deep.equal({
      ...{ window: 'drift', age: 'ok', height: 'ok', class: 'drift' },
    });
    expect(await levels(profile(500, { missing: 20 }), { level: 1e-4 })).to.deep.equal({
      ...{ window: 'drift', age: 'ok', 'age.missing': 'drift', height: 'ok', class: 'ok' },
    });
  });

  it('of 400 windows without drift alarm about 5 % at a level of 5 %', async () => {
    let alarms = 0;
    for (let i = 0; i < 400; i++)
      alarms += (await verdictOf(reference, profile(200), { level: 0.05 })).level === 'drift' ? 1 : 0;
    expect(alarms).to.be.within(6, 36);
  });

  it('possible: between the level and ten times it', async () => {
    const window = profile(500, { mean: 0.12 });
    const { features } = await verdictOf(reference, window);
    const { adjusted } = features[0]!;
    expect(adjusted).to.be.below(0.05);
    expect(await levels(window, { level: adjusted })).to.include({ window: 'drift', age: 'drift' });
    expect(await levels(window, { level: adjusted * 0.99 })).to.include({ window: 'possible', age: 'possible' });
    expect(await levels(window, { level: adjusted * 0.09 })).to.include({ window: 'ok', age: 'ok' });
  });

  it('too few rows on either side are never an alarm, however far they are off', async () => {
    for (const rows of [0, 1, 49]) {
      const found = await levels(profile(rows, { mean: 9 }), { level: 0.5 });
      expect(new Set(Object.values(found))).to.deep.equal(new Set(['too few']));
    }
    const small = await verdictOf(profile(30), profile(500, { mean: 9 }));
    expect(small.level).to.equal('too few');
    expect(await levels(profile(20, { mean: 3 }), { leastRows: 20 })).to.include({ window: 'drift' });
    expect((await verdictOf({ rows: 9000, features: [] }, { rows: 500, features: [] })).level).to.equal('too few');
  });

  it('a feature that is missing nearly always is too few, and its missing rows are seen', async () => {
    const found = await levels(profile(500, { missing: 480 }));
    expect(found).to.include({ window: 'drift', age: 'too few', 'age.missing': 'drift' });
  });

  it('features that cannot differ do not count among the many', async () => {
    const constant = (rows: number, i: number): FeatureCounts => ({
      ...{ name: `pixel ${i}`, kind: 'numeric', missing: 0 },
      bins: { edges: [0], counts: [rows, 0] },
    });
    const constants = (rows: number): FeatureCounts[] => Array.from({ length: 60 }, (_, i) => constant(rows, i));
    const window = profile(500, { mean: 0.15 });
    const alone = await verdictOf(reference, window);
    const among = await verdictOf(
      { rows: 10_000, features: [...constants(10_000), ...reference.features] },
      { rows: 500, features: [...constants(500), ...window.features] },
    );
    expect(among.features.slice(60)).to.deep.equal(alone.features);
    expect(among.features[0]).to.include({ level: 'ok', pValue: 1, adjusted: 1 });
  });

  it('every preset finds a shift, and says ok of what has none', async () => {
    for (const preset of Object.keys(driftPresets) as PresetName[]) {
      const far = { rows: 1000, features: [normal('age', 1000, 1.5), normal('height', 1000, 1.5), classes('class', 1000, [0, 0, 0.5, 0.5])] }; // prettier-ignore
      expect((await verdictOf(reference, far, { preset, level: 1e-4 })).level, preset).to.equal('drift');
      expect((await verdictOf(reference, profile(5000), { preset, level: 1e-4 })).level, preset).to.equal('ok');
    }
  });

  it('evidently: its tests by the size of the reference, its limits, and half of the features', async () => {
    const large = await verdictOf(reference, profile(2000, { mean: 0.3 }), { preset: 'evidently' });
    expect(large.features.map(({ test }) => test)).to.deep.equal(['wasserstein', 'wasserstein', 'jensen-shannon']);
    expect(large.features.map(({ threshold }) => threshold)).to.deep.equal([0.1, 0.1, 0.1]);
    expect(large.features.map(({ level }) => level)).to.deep.equal(['drift', 'ok', 'ok']);
    expect(large.level).to.equal('possible');
    expect(large.falseAlarms).to.be.NaN;
    const small = await verdictOf(profile(1000), profile(1000, { mean: 0.3, shares: [0.2, 0.2, 0.3, 0.3] }), {
      preset: 'evidently',
    });
    expect(small.features.map(({ test }) => test)).to.deep.equal(['ks', 'ks', 'chi2']);
    expect(small.level).to.equal('drift');
  });

  it('psi-fixed alarms in small windows without drift, psi does not', async () => {
    const share = async (preset: PresetName): Promise<number> => {
      let called = 0;
      for (let i = 0; i < 60; i++) {
        const { level } = await verdictOf(reference, profile(100), { preset });
        if (level === 'drift' || level === 'possible') called++;
      }
      return called / 60;
    };
    expect(await share('psi-fixed')).to.be.above(0.5);
    expect(await share('psi')).to.be.below(0.3);
  });

  it('the work is done in slices, and can be ended between two', async () => {
    const many = (rows: number): ProfileCounts => ({
      rows,
      features: Array.from({ length: 40 }, (_, i) => normal(`f${i}`, rows)),
    });
    const [trained, window] = [many(20_000), many(5000)];
    let turns = 0;
    let timer = setImmediate(function turn() {
      turns++;
      timer = setImmediate(turn);
    });
    await verdictOf(trained, window);
    clearImmediate(timer);
    expect(turns).to.be.above(5);

    const reason = new Error('enough');
    const controller = new AbortController();
    const running = verdictOf(many(20_000), window, { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    expect(await running.catch((error: unknown) => error)).to.equal(reason);
    expect(await verdictOf(trained, window, { signal: controller.signal }).catch((error: unknown) => error)).to.equal(
      reason,
    );
  });

  describe('refuse', () => {
    const window = profile(100);
    const [age, height, kind] = window.features as [FeatureCounts, FeatureCounts, FeatureCounts];
    const of = (...features: unknown[]): ProfileCounts => ({ rows: 100, features: features as FeatureCounts[] });
    const wrong: Record<string, [ProfileCounts, VerdictOptions?]> = {
      'a level of 0': [window, { level: 0 }],
      'a level above 0.5': [window, { level: 0.6 }],
      'a level that is text': [window, { level: '0.1' as never }],
      'an unknown preset': [window, { preset: 'best' as never }],
      'a least number of rows below 2': [window, { leastRows: 1 }],
      'an unknown option': [window, { levels: 0.1 } as never],
      'a signal that is none': [window, { signal: {} as never }],
      'fewer features': [of(age, height)],
      'features in another order': [of(height, age, kind)],
      'a feature of another kind': [of(age, height, { ...kind, kind: 'numeric' })],
      'other edges': [of({ ...age, bins: { ...age.bins, edges: edges.map((edge) => edge + 1) } }, height, kind)],
      'other categories': [of(age, height, { ...kind, bins: { counts: [1, 2] } })],
      'a negative count': [of(age, height, { ...kind, bins: { counts: [1, -2, 3, 4] } })],
      'missing rows that are none': [of({ ...age, missing: -1 }, height, kind)],
      'no name': [of({ ...age, name: '' }, height, kind)],
      'a feature that is none': [of(undefined, height, kind)],
      'rows that are none': [{ rows: 1.5, features: window.features }],
      'no profile': [undefined as never],
    };
    for (const [what, [given, options]] of Object.entries(wrong)) {
      it(what, () => rejection(() => verdictOf(reference, given, options), 'ERR_INVALID_ARGUMENT'));
    }
  });
});
