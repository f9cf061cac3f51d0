import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { HostFleet, type ManagedHost } from '#dist/server/management/host-fleet.js';
import { ModelHost } from '#dist/serving/index.js';
import { fixture } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';

describe('management of the host of this process', () => {
  const { signal } = new AbortController();

  it('says that a model is loaded once new calls go to it, and unloaded once none does', async () => {
    const model = { file: fixture('torchscript/linear.pt'), name: 'a', warmup: false } as const;
    await using host = await ModelHost.open({ models: [model] });
    const fleet = new HostFleet(host);
    const before = host.model('a');
    await fleet.load(model, signal);
    expect(host.model('a')).not.to.equal(before);
    const { drained } = await fleet.unload('a', '1');
    expect(host.list()).to.deep.equal([]);
    await drained;
    // Nothing to do, and nothing to wait for.
    await (
      await fleet.unload('a', '1')
    ).drained;
    expect(await rejection(fleet.unload('nobody', '1'))).to.include({ code: 'ERR_MODEL_NOT_FOUND' });
  });

  it('does not say so while the unload waits for its turn', async () => {
    let end = (): void => undefined;
    const events = new EventEmitter();
    const unload = () => new Promise<void>((resolve) => (end = resolve));
    const host = Object.assign(events, { unload }) as unknown as ManagedHost;
    let isGone = false;
    const departing = new HostFleet(host).unload('a', '1').then((departure) => {
      isGone = true;
      return departure;
    });
    const tell = (version: string) => events.emit('change', { model: 'a', version, change: 'unloaded' });
    tell('2');
    await new Promise((resolve) => setImmediate(resolve));
    expect(isGone).to.equal(false);
    tell('1');
    const { drained } = await departing;
    end();
    await drained;
    expect(events.listenerCount('change')).to.equal(0);
  });
});
