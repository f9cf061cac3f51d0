import { expect } from 'chai';
import { hostModelOf } from '#dist/cli/host-of-settings.js';
import { ServeCatalog, type ServeSelection } from '#dist/cli/serve-catalog.js';
import { loadSettings } from '#dist/server/settings/load.js';
import type { Settings } from '#dist/server/settings/table.js';

describe('what serve may load', () => {
  const models = [{ file: '/models/a.pt' }];
  const reread = async (
    start: Partial<Settings>,
    now: Partial<Settings>,
    entries: ServeSelection['models'] = models,
  ) => {
    const settings = loadSettings({ env: {}, overrides: start });
    const catalog = new ServeCatalog({ models: entries, settings }, () => ({
      models: entries,
      settings: loadSettings({ env: {}, overrides: now }),
    }));
    const [before] = await catalog.find('a');
    const [after] = await catalog.given();
    // As a message to a worker carries it.
    const spec = JSON.parse(JSON.stringify(after!.spec)) as (typeof entries)[number];
    return { isChanged: before!.options !== after!.options, model: hostModelOf(spec, settings) };
  };

  it('takes shared settings as they are now: other values, and none', async () => {
    const { isChanged, model } = await reread({ targetP95Ms: 50, maxBatchSize: 4 }, { maxBatchSize: 8 });
    expect(isChanged).to.equal(true);
    expect(model.batching).to.include({ maxBatchSize: 8 }).and.not.have.property('targetP95Ms');
    expect((await reread({ labels: '/labels', task: 'classification' }, {})).model).not.to.have.property('task');
    expect((await reread({ instances: 2 }, { instances: 2 })).isChanged).to.equal(false);
  });

  it('takes other shared sizes of warm-up', async () => {
    const { isChanged, model } = await reread({ warmupBatchSizes: [1] }, { warmupBatchSizes: [1, 2] });
    expect([isChanged, model.warmup]).to.deep.equal([true, { batchSizes: [1, 2] }]);
    // The host has those of the start.
    expect((await reread({ warmupBatchSizes: [1] }, { warmupBatchSizes: [1] })).model.warmup).to.equal(undefined);
  });

  it('has a shared task for files alone', async () => {
    const registered = [{ name: 'a', versions: ['v1.0'] }];
    const { model } = await reread({}, { task: 'classification' }, registered);
    expect(model).to.include({ name: 'a' }).and.not.have.property('task');
  });

  it('lets a model have its own value', async () => {
    const { model } = await reread({ targetP95Ms: 50 }, {}, [{ file: '/models/a.pt', targetP95Ms: 70 }]);
    expect(model.batching).to.include({ targetP95Ms: 70 });
  });
});
