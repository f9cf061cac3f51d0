import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ModelHost, ModelRegistry, Tensor, type CanaryOptions, type HostCanaryChange } from 'node-libtorch';
import { digitRows, digits, DigitRegistry } from '../../support/digit-registry.js';
import { digitVariant } from '../../support/digit-variants.js';
import { fixture } from '../../support/paths.js';
import { rejection } from '../../support/rejection.js';

const { digits: pictures } = JSON.parse(readFileSync(fixture('digits.json'), 'utf8')) as {
  digits: readonly { readonly input: readonly number[] }[];
};
const picture = (place: number): Tensor =>
  new Tensor('float32', Float32Array.from(pictures[place % pictures.length]!.input), [1, 784]);

describe('a canary', function () {
  this.timeout(60_000);
  let files: DigitRegistry;
  let registry: ModelRegistry;
  let host: ModelHost;
  const told: HostCanaryChange[] = [];

  before(async () => {
    files = await DigitRegistry.make('v1.0', 'v1.1', 'v1.2');
    files.put('v2.0', await digitVariant('errs'));
    files.put('v2.2', await digitVariant('disagrees'));
    registry = await files.open();
  });
  after(() => files.remove());
  beforeEach(() => registry.setAlias(digits, 'champion', 'v1.0'));
  afterEach(() => host.close());

  const open = async (...versions: string[]): Promise<void> => {
    host = await ModelHost.open({ registry, models: [{ name: digits, versions, warmup: { batchSizes: [1] } }] });
    told.length = 0;
    host.on('canary', (event) => told.push(event));
  };
  const set = (options: Partial<CanaryOptions> = {}) =>
    host.setCanary(digits, { version: 'v1.1', share: 1, ...options });
  const changes = () => told.map(({ change }) => change);
  const served = () => host.list().map(({ version }) => version);
  /** The version that a request falls to. */
  const drawn = (draw: number | string, reference?: string) =>
    host.model(digits, reference, { draw: () => draw }).version;
  /** Runs so many calls of the name alone, each at random. */
  const run = async (calls: number): Promise<void> => {
    for (let i = 0; i < calls; i++)
      await host
        .model(digits)
        .run(picture(i))
        .catch(() => undefined);
  };
  const tick = () => host.canaries?.tick();

  it('gets its share of the calls that name the model alone, and none of those that name a version or a digest', async () => {
    await open('v1.0');
    const report = await set({ share: 0.25 });
    expect(served()).to.deep.equal(['v1.0', 'v1.1']);
    expect(report).to.deep.include({ model: digits, version: 'v1.1', stable: 'v1.0', state: 'running', share: 0.25 });
    expect([drawn(0), drawn(0.2499), drawn(0.25), drawn(0.999)]).to.deep.equal(['v1.1', 'v1.1', 'v1.0', 'v1.0']);
    await run(400);
    tick();
    const { canary, stable } = host.canary(digits)!.numbers;
    expect(canary.answers + stable.answers).to.equal(400);
    expect(canary.answers).to.be.within(60, 140);
    const { sha256 } = host.model(digits, 'v1.0').model.info;
    for (const reference of ['v1.0', `sha256:${sha256}`]) expect(drawn(0, reference)).to.equal('v1.0');
    for (let i = 0; i < 20; i++) await host.model(digits, 'v1.0').run(digitRows());
    await host.model(digits, 'v1.1').run(digitRows());
    tick();
    expect(host.canary(digits)?.numbers.canary.answers, 'by its version is no call of the split').to.equal(
      canary.answers,
    );
    expect(host.model(digits, 'v1.1').statistics().inference_count).to.equal(canary.answers + 1);
  });

  it('is sticky: the same text falls to the same side in every host, and stays as the share grows', async () => {
    await open('v1.0');
    await set({ share: 0.2, sticky: 'X-User' });
    const users = Array.from({ length: 500 }, (_, i) => `user ${i}`);
    const asked: (string | undefined)[] = [];
    const on = () => users.filter((user) => drawn(user) === 'v1.1');
    host.model(digits, undefined, {
      draw(sticky) {
        asked.push(sticky);
        return 0;
      },
    });
    expect(asked).to.deep.equal(['x-user']);
    const first = on();
    expect(first.length).to.be.within(60, 140);
    expect(on()).to.deep.equal(first);
    await set({ share: 0.5, sticky: 'X-User' });
    expect(on()).to.include.members(first);
    expect(on().length).to.be.within(200, 300);
    expect(changes()).to.deep.equal(['started', 'changed']);
    await host.close();
    await open('v1.0');
    await set({ share: 0.2 });
    expect(on(), 'in another process').to.deep.equal(first);
    // As a program says it for each call.
    const counted = async (key: string) => {
      const before = host.model(digits, 'v1.1').statistics().inference_count;
      await host.model(digits).run(digitRows(), { key });
      return host.model(digits, 'v1.1').statistics().inference_count - before;
    };
    expect(await counted(first[0]!)).to.equal(1);
    expect(await counted(users.find((user) => !first.includes(user))!)).to.equal(0);
    await set({ version: 'v1.2', share: 0.2 });
    expect(
      users.filter((user) => drawn(user) === 'v1.2'),
      'another version draws anew',
    ).not.to.deep.equal(first);
  });

  it('that breaks a limit is rolled back once, says why, and no call fails by it', async () => {
    await open('v1.0');
    await set({ version: 'v2.0', share: 0.5 });
    const handle = host.model(digits, undefined, { draw: () => 0 });
    expect(handle.version).to.equal('v2.0');
    await run(300);
    tick();
    expect(changes(), 'fewer than 200').to.deep.equal(['started']);
    await run(300);
    tick();
    tick();
    expect(changes()).to.deep.equal(['started', 'rolled back']);
    expect(told[1]).to.deep.include({ limit: 'errors', version: 'v2.0', stable: 'v1.0', share: 0 });
    expect(told[1]?.reason).to.match(/^errors: \d+(\.\d+)? % of \d+ answers, but 0 % of \d+ answers of the stable/);
    expect(told[1]?.numbers?.canary.errors).to.be.greaterThan(20);
    expect(drawn(0)).to.equal('v1.0');
    // What was admitted for the canary runs on what is stable.
    const before = host.model(digits, 'v2.0').statistics();
    for (let i = 0; i < pictures.length; i++) await handle.run(picture(i));
    expect(host.model(digits, 'v2.0').statistics()).to.deep.equal(before);
    expect(host.canary(digits)).to.deep.include({ state: 'rolled back', share: 0, limit: 'errors' });
    expect(served(), 'it can still be asked by its version').to.include('v2.0');
    expect(host.canaries?.tallies.rollbacks.samples()).to.deep.equal([
      { value: 1, labels: { model: digits, reason: 'errors' } },
    ]);
    const refusal = await rejection(host.promoteCanary(digits));
    expect([refusal.code, refusal.message]).to.satisfy(
      ([code, text]: string[]) => code === 'ERR_CANARY' && text!.includes('was rolled back (errors: '),
    );
    await set({ version: 'v2.0', share: 0.5 });
    expect(host.canary(digits)).to.include({ state: 'running', share: 0.5 });
    expect(host.canary(digits)?.numbers.canary.answers, 'it begins anew').to.equal(0);
  });

  it('that answers other classes is found by runs beside it, which count nowhere', async () => {
    await open('v1.0');
    await set({ version: 'v2.2', share: 1, maxDisagreement: 0.2 });
    const end = Date.now() + 20_000;
    while (changes().length < 2 && Date.now() < end) {
      await run(50);
      tick();
    }
    expect(told.at(-1)).to.deep.include({ change: 'rolled back', limit: 'disagreement' });
    const { compared, disagreed } = told.at(-1)!.numbers!;
    expect(disagreed).to.equal(compared);
    expect(compared).to.be.at.least(6);
    expect(host.model(digits, 'v1.0').statistics().inference_count).to.equal(0);
  });

  it('that does as well goes on, and nothing is compared unless it is asked for', async () => {
    await open('v1.0');
    await set({ share: 0.5 });
    await run(600);
    tick();
    expect(changes()).to.deep.equal(['started']);
    expect(host.canary(digits)?.numbers).to.include({ compared: 0, disagreed: 0 });
  });

  it('does not count what callers do: bad input, aborts', async () => {
    await open('v1.0');
    await set();
    for (let i = 0; i < 20; i++) {
      const bad = new Tensor('float32', new Float32Array(784).fill(7), [1, 784]);
      expect((await rejection(host.model(digits).run(bad))).code).to.equal('ERR_OUT_OF_RANGE');
      const short = new Tensor('float32', new Float32Array(4), [1, 4]);
      expect((await rejection(host.model(digits).run(short))).code).to.equal('ERR_INVALID_SHAPE');
      const abort = new AbortController();
      const running = host.model(digits).run(digitRows(), { signal: abort.signal });
      abort.abort();
      await running.catch(() => undefined);
    }
    tick();
    const { errors } = host.canary(digits)!.numbers.canary;
    expect(errors).to.equal(0);
  });

  it('is ended at once; what it has begun it ends', async () => {
    await open('v1.0');
    await set();
    const running = host.model(digits, undefined, { draw: () => 0 }).run(digitRows(200));
    expect(await host.setCanary(digits, undefined)).to.equal(undefined);
    expect(drawn(0)).to.equal('v1.0');
    expect((await running).shape).to.deep.equal([200, 10]);
    expect(told.at(-1)).to.deep.include({ change: 'ended', share: 0, reason: 'it was taken off' });
    expect(host.canary(digits)).to.equal(undefined);
    expect(served()).to.deep.equal(['v1.0', 'v1.1']);
    expect((await rejection(host.setCanary(digits, undefined))).code).to.equal('ERR_NO_CANARY');
    expect((await rejection(host.promoteCanary(digits))).code).to.equal('ERR_NO_CANARY');
  });

  it('leaves no version behind where that is asked for', async () => {
    await open('v1.0');
    const gone = new Promise<void>((resolve) => {
      host.on('change', ({ change, version }) => {
        if (change === 'drained' && version === 'v1.1') resolve();
      });
    });
    await set({ keepLoaded: false });
    await host.setCanary(digits, undefined);
    await gone;
    expect(served()).to.deep.equal(['v1.0']);
  });

  /** As a tick of the clock has it. */
  const rollBack = () => {
    const numbers = host.canary(digits)!.numbers;
    host.canaries?.rollBack(digits, { limit: 'errors', reason: 'too many', numbers });
  };
  const settled = async () => {
    await host.setAliases(digits, host.aliases(digits));
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('that ends while it is promoted is not promoted, and what is stable serves on', async () => {
    for (const [end, code] of [
      [() => void host.setCanary(digits, undefined), 'ERR_NO_CANARY'],
      [rollBack, 'ERR_CANARY'],
    ] as const) {
      for (const keepLoaded of [true, false]) {
        await open('champion');
        await set({ keepLoaded });
        const promoting = rejection(host.promoteCanary(digits));
        await Promise.resolve();
        for (let i = 0; i < 8; i++) await Promise.resolve();
        end();
        expect((await promoting).code).to.equal(code);
        await settled();
        expect([served(), drawn(0)]).to.deep.equal([keepLoaded ? ['v1.0', 'v1.1'] : ['v1.0'], 'v1.0']);
        await host.close();
      }
    }
  });

  it('is not unloaded where others are served by it, or somebody else has loaded it', async () => {
    await registry.setAlias(digits, 'next', 'v1.1');
    for (const [versions, how] of [
      [['v1.0', 'v1.1'], 'by its name'],
      [['champion', 'next'], 'by an alias'],
      [['v1.0'], 'loaded since'],
      [['v1.0'], 'the default since'],
    ] as const) {
      for (const end of [() => void host.setCanary(digits, undefined), rollBack]) {
        await open(...versions);
        await set({ keepLoaded: false });
        if (how === 'loaded since') await host.load({ name: digits, versions: ['v1.1'] });
        end();
        if (how === 'the default since') {
          for (let i = 0; i < 3 && served().length < 2; i++) await settled();
          host.prefer(digits, 'v1.1');
        }
        await settled();
        expect(served(), `${how} ${end.name}`).to.include('v1.1');
        await host.close();
      }
    }
  });

  it('that another one replaces, or that cannot stand in any more, leaves no version behind either', async () => {
    await open('v1.0');
    await set({ keepLoaded: false });
    await set({ version: 'v1.2', keepLoaded: false });
    await settled();
    expect(served()).to.deep.equal(['v1.0', 'v1.2']);
    await set({ share: 0.2, keepLoaded: true });
    await settled();
    expect(served()).to.deep.equal(['v1.0', 'v1.1']);
  });

  it('becomes the default where the model is served by its versions', async () => {
    await open('v1.0');
    await set({ share: 0.1 });
    await host.promoteCanary(digits);
    expect([served(), drawn(0.99)]).to.deep.equal([['v1.1', 'v1.0'], 'v1.1']);
    expect(told.at(-1)).to.deep.include({ change: 'promoted', version: 'v1.1', stable: 'v1.0' });
    expect(host.canary(digits)).to.equal(undefined);
  });

  it('takes the alias over by which the model is served', async () => {
    await open('champion');
    expect((await set({ share: 0.1 }))?.promotes).to.equal('champion');
    await host.promoteCanary(digits);
    expect([served(), drawn(0.99), drawn(0.99, 'champion')]).to.deep.equal([['v1.1'], 'v1.1', 'v1.1']);
    expect(changes()).to.deep.equal(['started', 'promoted']);
  });

  it('splits the requests of an alias, and no others', async () => {
    await registry.setAlias(digits, 'stable', 'v1.0');
    await open('champion', 'stable');
    await set({ alias: 'champion' });
    expect([drawn(0, 'champion'), drawn(0, 'stable'), drawn(0), drawn(0, 'v1.0')]).to.deep.equal([
      ...['v1.1', 'v1.0', 'v1.0', 'v1.0'],
    ]);
    expect((await rejection(set({ alias: 'nobody' }))).code).to.equal('ERR_VERSION_NOT_FOUND');
  });

  it('may be named by an alias or a digest, which is asked once', async () => {
    await registry.setAlias(digits, 'challenger', 'v1.1');
    await open('champion');
    expect((await set({ version: 'challenger', share: 0.5 }))?.version).to.equal('v1.1');
    await registry.setAlias(digits, 'challenger', 'v1.2');
    await host.refreshAliases(digits);
    expect([host.canary(digits)?.version, drawn(0)]).to.deep.equal(['v1.1', 'v1.1']);
    const { sha256 } = (await registry.record(digits, 'v1.2')).artifact;
    expect((await set({ version: `sha256:${sha256}` }))?.version).to.equal('v1.2');
  });

  it('is promoted by an alias that moves to it, and goes on where it moves elsewhere', async () => {
    await open('champion');
    await set();
    await run(20);
    tick();
    await host.setAliases(digits, { champion: 'v1.2' });
    expect(host.canary(digits)).to.include({ state: 'running', version: 'v1.1', stable: 'v1.2' });
    expect(host.canary(digits)?.numbers.canary.answers, 'compared anew').to.equal(0);
    await host.setAliases(digits, { champion: 'v1.1' });
    expect(changes()).to.deep.equal(['started', 'promoted']);
    expect(told.at(-1)).to.include({ stable: 'v1.2' });
    expect(drawn(0)).to.equal('v1.1');
  });

  it('ends with its version, and with what is beside it', async () => {
    await open('v1.0');
    await set();
    const handle = host.model(digits, undefined, { draw: () => 0 });
    await host.unload(digits, 'v1.1');
    expect(told.at(-1)).to.include({ change: 'ended', reason: 'its version is not served any more' });
    expect((await handle.run(digitRows())).shape, 'what was admitted runs on what is stable').to.deep.equal([1, 10]);
    await set();
    await host.load({ name: digits, versions: ['v1.1'] });
    await host.load({ name: digits, versions: ['v1.0'] });
    expect(host.canary(digits)).to.include({ state: 'running' });
    await host.unload(digits, 'v1.0');
    expect(drawn(0.99)).to.equal('v1.1');
    expect(host.canary(digits)).to.equal(undefined);
  });

  it('is refused where it cannot stand in for what is stable; nothing stays loaded', async () => {
    const other = (name: string) => ({ name: 'x', file: fixture(`torchscript/${name}.pt`), warmup: false as const });
    host = await ModelHost.open({
      models: [
        { ...other('linear'), version: '1' },
        { ...other('dict_input'), version: '2' },
      ],
    });
    const refusal = await rejection(host.setCanary('x', { version: '2', share: 0.5 }));
    expect(refusal.code).to.equal('ERR_CANARY');
    expect(refusal.message).to.match(
      /^Expected a version that takes and gives what x 1 does but 2 does not: input 0 is xs, not x$/,
    );
    expect((await rejection(host.setCanary('x', { version: '1', share: 0.5 }))).code).to.equal('ERR_CANARY');
    await host.close();
    files.put('v3.0', readFileSync(files.artifact('v1.0')));
    const { task } = await registry.record(digits, 'v1.0');
    const labels = ['none', ...(task as unknown as { labels: string[] }).labels.slice(1)];
    files.record('v3.0', { task: { ...task, labels } as never });
    await open('v1.0');
    const labelled = await rejection(set({ version: 'v3.0' }));
    expect([labelled.code, labelled.message]).to.satisfy(
      ([code, text]: string[]) => code === 'ERR_CANARY' && text!.includes('its label 0 is another one'),
    );
    expect([served(), host.canary(digits)]).to.deep.equal([['v1.0'], undefined]);
  });

  it('lets no options of a run pass that are none', async () => {
    await open('v1.0');
    for (const options of [5, 'key', true, null, { key: 7 }]) {
      const refusal = await rejection(host.model(digits).run(digitRows(), options as never));
      expect(refusal.code, JSON.stringify(options)).to.equal('ERR_INVALID_ARGUMENT');
    }
  });

  it('is never compared by runs of a model that keeps state', async () => {
    const file = (name: string, version: string) => {
      return { name: 'x', version, file: fixture(`torchscript/${name}.pt`), warmup: false as const };
    };
    host = await ModelHost.open({ models: [file('stateful', '1'), file('stateful', '2')] });
    const refusal = await rejection(host.setCanary('x', { version: '2', share: 0.5, maxDisagreement: 0.1 }));
    expect(refusal.code).to.equal('ERR_CANARY');
    expect(refusal.message).to.match(/^Expected versions without state, .* but x 1 keeps some \(.+\): leave/);
    expect((await host.setCanary('x', { version: '2', share: 0.5 }))?.state).to.equal('running');
  });

  it('is refused with a code for options that it cannot have', async () => {
    await open('v1.0');
    for (const [options, code] of [
      [{ share: 0 }, 'ERR_INVALID_ARGUMENT'],
      [{ share: 1.0001 }, 'ERR_INVALID_ARGUMENT'],
      [{ share: Number.NaN }, 'ERR_INVALID_ARGUMENT'],
      [{ share: '0.5' }, 'ERR_INVALID_ARGUMENT'],
      [{ version: undefined }, 'ERR_INVALID_ARGUMENT'],
      [{ version: 'a/b' }, 'ERR_INVALID_ARGUMENT'],
      [{ version: 'v9.9' }, 'ERR_VERSION_NOT_FOUND'],
      [{ version: 'v1.0' }, 'ERR_CANARY'],
      [{ sticky: 'two words' }, 'ERR_INVALID_ARGUMENT'],
      [{ sticky: '' }, 'ERR_INVALID_ARGUMENT'],
      [{ sticky: 'é' }, 'ERR_INVALID_ARGUMENT'],
      [{ alias: 'v1.0' }, 'ERR_INVALID_ARGUMENT'],
      [{ maxErrorRate: -0.1 }, 'ERR_INVALID_ARGUMENT'],
      [{ maxLatencyRatio: 0.5 }, 'ERR_INVALID_ARGUMENT'],
      [{ maxLatencyMs: 0 }, 'ERR_INVALID_ARGUMENT'],
      [{ maxDisagreement: 2 }, 'ERR_INVALID_ARGUMENT'],
      [{ windowSeconds: 1 }, 'ERR_INVALID_ARGUMENT'],
      [{ keepLoaded: 'yes' }, 'ERR_INVALID_ARGUMENT'],
      [{ shares: 0.5 }, 'ERR_INVALID_ARGUMENT'],
    ] as const) {
      expect((await rejection(set(options as never))).code, JSON.stringify(options)).to.equal(code);
    }
    expect((await rejection(host.setCanary('nobody', { version: 'v1.0', share: 0.5 }))).code).to.equal(
      'ERR_MODEL_NOT_FOUND',
    );
    const refused = () => {
      for (const split of [{ draw: 7 }, { drow: () => 0 }, 5, null, 'v1.0', [], { draw: () => 0, share: 1 }]) {
        expect(() => host.model(digits, undefined, split as never), JSON.stringify(split))
          .to.throw()
          .with.property('code', 'ERR_INVALID_ARGUMENT');
      }
    };
    refused();
    await set();
    refused();
    expect((await rejection(host.model(digits).run(digitRows(), { key: 7 as never }))).code).to.equal(
      'ERR_INVALID_ARGUMENT',
    );
    expect(served()).to.deep.equal(['v1.0', 'v1.1']);
  });
});
