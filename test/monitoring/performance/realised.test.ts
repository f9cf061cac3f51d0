import { expect } from 'chai';
import { Realised, realisedRows, RealisedVersions } from '#dist/monitoring/performance/index.js';

describe('Realised', () => {
  it('says nothing of no rows', () => {
    expect(new Realised(10).report()).to.deep.equal({ rows: 0, correct: 0 });
  });

  it('is the share of right rows and the expected calibration error', () => {
    const realised = new Realised(1000);
    // Ten rows at 0.95, nine right; ten at 0.5, two right: |0.95 - 0.9| / 2 + |0.5 - 0.2| / 2.
    for (let row = 0; row < 10; row++) realised.add(0.95, row > 0);
    for (let row = 0; row < 10; row++) realised.add(0.5, row < 2);
    const { rows, correct, accuracy, calibrationError } = realised.report();
    expect([rows, correct, accuracy]).to.deep.equal([20, 11, 0.55]);
    expect(calibrationError).to.be.closeTo(0.175, 1e-6);
  });

  it('has 15 bins of equal width, 1 in the last one', () => {
    const realised = new Realised(10);
    realised.add(1, true);
    realised.add(0.99, false);
    // Both are in one bin: their differences cancel.
    expect(realised.report().calibrationError).to.be.closeTo((1.99 - 1) / 2, 1e-6);
  });

  it('looks back on its newest rows alone', () => {
    const realised = new Realised(300);
    for (let row = 0; row < 1000; row++) realised.add(0.9, row >= 850);
    expect(realised.report()).to.include({ rows: 300, correct: 150, accuracy: 0.5 });
    expect(realised.total).to.equal(1000);
  });
});

describe('RealisedVersions', () => {
  const of = (version: string, model = 'm') => ({ model, version, identity: 'aa' });
  const part = (version: string, correct: boolean[]) => ({
    ...{ ...of(version), correct },
    confidences: correct.map(() => 0.75),
  });

  it('keeps versions apart', () => {
    const versions = new RealisedVersions();
    versions.add(part('v1', [true, true]));
    versions.add(part('v2', [false, true]));
    versions.add(part('v1', [false, false]));
    expect(versions.of(of('v1'))).to.include({ rows: 4, accuracy: 0.5 });
    expect(versions.of(of('v2'))).to.include({ rows: 2, accuracy: 0.5 });
    expect(versions.of(of('', 'm v1'))).to.equal(undefined);
  });

  it('is bounded in rows and in versions', () => {
    const versions = new RealisedVersions();
    for (let round = 0; round < 11; round++) versions.add(part('v1', new Array<boolean>(1000).fill(true)));
    expect(versions.of(of('v1'))?.rows).to.equal(realisedRows);
    for (let version = 0; version < 256; version++) versions.add(part(`x${version}`, [true]));
    expect(versions.of(of('v1'))).to.equal(undefined);
    expect(versions.of(of('x0'))?.rows).to.equal(1);
  });
});
