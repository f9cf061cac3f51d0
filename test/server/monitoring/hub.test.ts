import { expect } from 'chai';
import { createLogger } from '#dist/monitoring/logging.js';
import { loadSettings } from '#dist/server/settings/load.js';
import { Hub } from '#dist/server/monitoring/hub.js';

describe('Hub', () => {
  const version = (identity: string) => ({ model: 'm', version: 'v1', identity });
  const labelled = (identity: string, ...correct: boolean[]) => ({
    ...version(identity),
    ...{ correct, confidences: correct.map(() => 0.75) },
  });
  const open = (): Hub => new Hub({ limits: loadSettings({ env: {} }), logger: createLogger({ level: 'silent' }) });

  it('tells the realised accuracy of the artifact that serves, not of the one before it', () => {
    const hub = open();
    hub.watch({ ...version('old'), record: undefined });
    hub.labelled([labelled('old', false, false)]);
    expect(hub.latest()[0]?.realised).to.include({ rows: 2, accuracy: 0 });
    hub.watch({ ...version('new'), record: undefined });
    hub.unwatch(version('old'));
    expect(hub.latest().map(({ realised }) => realised)).to.deep.equal([undefined]);
    // A label may come late, for an answer of the artifact before.
    hub.labelled([labelled('old', false), labelled('new', true)]);
    expect(hub.latest().map(({ realised }) => realised)).to.have.length(1);
    expect(hub.latest()[0]?.realised).to.include({ rows: 1, accuracy: 1 });
    hub.close();
  });

  it('forgets the labels of a version that has gone', () => {
    const hub = open();
    hub.watch({ ...version('old'), record: undefined });
    hub.labelled([labelled('old', true)]);
    hub.unwatch(version('old'));
    hub.watch({ ...version('old'), record: undefined });
    expect(hub.latest()[0]?.realised).to.equal(undefined);
    hub.close();
  });
});
