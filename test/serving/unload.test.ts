import { expect } from 'chai';
import { ModelHost, runtime, Tensor, type HostChange, type HostWarning } from 'node-libtorch';
import { fixture } from '../support/paths.js';
import { rejection } from '../support/rejection.js';
import { turns } from '../support/turn.js';

const torch = (name: string): string => fixture(`torchscript/${name}.pt`);
const row = (): Tensor => new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
const numbers = (): Tensor => new Tensor('float32', new Float32Array(256), [256]);

describe('ModelHost.unload', () => {
  let host: ModelHost;
  const changes: string[] = [];
  const open = async (drainTimeoutMs?: number): Promise<ModelHost> => {
    host = await ModelHost.open({
      models: [
        { file: torch('slow'), warmup: false },
        { file: torch('linear'), warmup: false },
        { file: torch('linear'), version: '2', warmup: false },
      ],
      ...(drainTimeoutMs !== undefined && { drainTimeoutMs }),
    });
    changes.length = 0;
    host.on('change', ({ model, version, change }: HostChange) => changes.push(`${model} ${version} ${change}`));
    return host;
  };
  const states = () => host.index().map(({ name, version, state }) => `${name} ${version} ${state}`);

  afterEach(() => host.close());

  it('lets what runs end, refuses what comes, and frees the model', async () => {
    await open();
    const models = (await runtime.info()).models.length;
    const served = host.model('slow');
    const running = served.call('forward', [numbers(), 2000]);
    const unloading = host.unload('slow');
    await turns();
    expect(host.inFlight).to.equal(1);
    expect(states()).to.deep.equal(['slow 1 UNLOADING', 'linear 1 READY', 'linear 2 READY']);
    expect(() => host.model('slow'))
      .to.throw(/slow is being unloaded/)
      .with.property('code', 'ERR_MODEL_NOT_FOUND');
    expect(await rejection(served.call('forward', [numbers(), 1]))).to.have.property('code', 'ERR_DISPOSED');
    expect(served.model.disposed).to.equal(false);
    expect(await running).to.be.instanceOf(Tensor);
    await unloading;
    expect(served.model.disposed).to.equal(true);
    expect((await runtime.info()).models.length).to.equal(models - 1);
    expect(host.index()[0]).to.include({ state: 'UNAVAILABLE', reason: 'unloaded' });
    expect(changes).to.deep.equal(['slow 1 unloaded', 'slow 1 drained']);
    expect(host.inFlight).to.equal(0);
  });

  it('ends for a second caller, too, once what runs has ended', async () => {
    await open();
    const served = host.model('slow');
    const running = served.call('forward', [numbers(), 2000]);
    const ends: string[] = [];
    await Promise.all([
      running.then(() => ends.push('run')),
      host.unload('slow').then(() => ends.push('unload')),
      host.unload('slow').then(() => ends.push('again')),
    ]);
    expect(ends[0]).to.equal('run');
    await host.unload('slow');
  });

  it('takes the default model too, which then is said', async () => {
    await open();
    await host.unload(host.defaultModel);
    expect(host.state).to.equal('ready');
    expect(() => host.model())
      .to.throw('Expected a model that is served but slow was unloaded')
      .with.property('code', 'ERR_MODEL_NOT_FOUND');
    await host.load({ name: 'slow' });
    expect(host.model().name).to.equal('slow');
    expect(host.list()[0]?.name, 'in its place again').to.equal('slow');
  });

  it('takes one version, or all of a name', async () => {
    await open();
    await host.unload('linear', '1');
    expect(host.model('linear').version).to.equal('2');
    expect(() => host.model('linear', '1'))
      .to.throw(/Expected one of 2 of linear but received "1".*was unloaded/)
      .with.property('code', 'ERR_VERSION_NOT_FOUND');
    await host.unload('linear');
    expect(states()).to.deep.equal(['slow 1 READY', 'linear 1 UNAVAILABLE', 'linear 2 UNAVAILABLE']);
    await host.unload('linear'); // it stays as it is
    expect(await rejection(host.unload('linear', '3'))).to.have.property('code', 'ERR_VERSION_NOT_FOUND');
    expect(await rejection(host.unload('other'))).to.have.property('code', 'ERR_MODEL_NOT_FOUND');
    await host.load({ name: 'linear' });
    expect(states()).to.deep.equal(['slow 1 READY', 'linear 1 READY', 'linear 2 READY']);
  });

  it('hands calls on to what is loaded later', async () => {
    await open();
    const served = host.model('linear');
    await host.unload('linear');
    expect(await rejection(served.run(row()))).to.have.property('code', 'ERR_DISPOSED');
    await host.load({ name: 'linear' });
    expect((await served.run(row())).shape).to.deep.equal([1, 3]);
  });

  it('forgets that a load failed', async () => {
    host = await ModelHost.open({ models: [{ file: torch('truncated') }], onModelError: 'continue' });
    expect(host.failed()).to.have.length(1);
    await host.unload('truncated');
    expect(host.failed()).to.deep.equal([]);
    expect(host.index()[0]).to.include({ state: 'UNAVAILABLE', reason: 'unloaded' });
  });

  it('ends its wait with the signal, and goes on by itself', async () => {
    await open();
    const served = host.model('slow');
    const running = served.call('forward', [numbers(), 300]);
    const controller = new AbortController();
    const unloading = host.unload('slow', undefined, { signal: controller.signal });
    await turns();
    controller.abort();
    await unloading;
    expect(served.inFlight, 'not waited for').to.equal(1);
    await running;
    await host.load({ name: 'slow' }); // after its end
    expect(served.model.disposed).to.equal(true);
  });

  it('waits no longer than it may: what waits for an instance is dropped, what runs ends', async () => {
    await open(50);
    const warnings: HostWarning[] = [];
    host.on('warning', (event) => warnings.push(event));
    const served = host.model('slow');
    const running = served.call('forward', [numbers(), 1000]);
    const waiting = rejection(served.call('forward', [numbers(), 1000]));
    await host.load({ name: 'slow' });
    expect(await waiting).to.have.property('code', 'ERR_DISPOSED');
    expect(warnings.map(({ message }) => message)).to.include('unloaded with 2 calls in flight after 50 ms');
    expect((await host.model('slow').call<Tensor>('forward', [numbers(), 1])).shape).to.deep.equal([256]);
    expect(await running).to.be.instanceOf(Tensor);
  });

  it('is over before the host is closed', async () => {
    await open();
    const served = host.model('slow');
    const running = served.call('forward', [numbers(), 2000]);
    const unloading = host.unload('slow');
    await turns();
    await host.close();
    expect(served.model.disposed).to.equal(true);
    expect(await running).to.be.instanceOf(Tensor);
    await unloading;
  });
});
