/** Why another process could not make a change that this one makes as well: kept as a failure here would be. */
import { expect } from 'chai';
import { ModelHost, ModelRegistry } from 'node-libtorch';
import { torchError } from '#dist/errors.js';
import { FailedElsewhere } from '#dist/serving/loader.js';
import { digits, DigitRegistry } from '../support/digit-registry.js';
import { rejection } from '../support/rejection.js';

/** How far a change is when it is given up. */
const stages = ['before its turn', 'while it is looked for', 'once it is up'] as const;

describe('a change that has failed elsewhere', function () {
  this.timeout(60_000);
  let files: DigitRegistry;
  let registry: ModelRegistry;
  let host: ModelHost;
  const warmup = { batchSizes: [1] };
  const error = torchError('ERR_MODEL_LOAD', `${digits} v1.1: No such file: model.pt`);
  const gaveUp = new Error('Nobody wants it any more');

  beforeEach(async () => {
    files = await DigitRegistry.make('v1.0', 'v1.1', 'v1.2');
    registry = await files.open();
  });
  afterEach(async () => {
    await host.close();
    files.remove();
  });

  const open = async (...versions: string[]): Promise<void> => {
    host = await ModelHost.open({ registry, models: [{ name: digits, versions, warmup }] });
  };
  const index = () => host.index().map(({ version, state, reason }) => `${version} ${state} ${reason}`.trim());
  /** Begins a change and gives it up at that stage. */
  const giveUp = async (
    stage: (typeof stages)[number],
    reason: Error,
    change: (options: { signal: AbortSignal; beforeSwap: () => Promise<void> }) => Promise<unknown>,
  ): Promise<void> => {
    const abort = new AbortController();
    const isUp = stage === 'once it is up';
    const beforeSwap = () => {
      if (isUp) abort.abort(reason);
      return Promise.reject(reason);
    };
    const changing = rejection(change({ signal: abort.signal, beforeSwap }));
    if (stage === 'while it is looked for') await Promise.resolve();
    if (!isUp) abort.abort(reason);
    expect(await changing).to.equal(reason);
  };

  for (const stage of stages) {
    it(`is told of the version that failed, not of the one that this process had come to: ${stage}`, async () => {
      await open('v1.0', 'v1.1');
      const said = ['v1.0 READY', 'v1.1 READY the last load failed: No such file: model.pt (ERR_MODEL_LOAD)'];
      const load = (options: object) => host.load({ name: digits }, options);
      await giveUp(stage, gaveUp, load);
      expect(index().slice(0, 2)).to.deep.equal(['v1.0 READY', 'v1.1 READY']);
      await giveUp(stage, new FailedElsewhere(error, 'v1.1'), load);
      expect(index().slice(0, 2)).to.deep.equal(said);
      await giveUp(stage, gaveUp, load);
      expect(index().slice(0, 2), 'what nobody wants says nothing').to.deep.equal(said);
      await host.load({ name: digits, versions: ['v1.1'] });
      expect(index().slice(0, 2)).to.deep.equal(['v1.0 READY', 'v1.1 READY']);
    });

    it(`is told of a version that nobody had: ${stage}`, async () => {
      await open('v1.0');
      const load = (options: object) => host.load({ name: digits, versions: ['v1.1'] }, options);
      await giveUp(stage, new FailedElsewhere(error, 'v1.1'), load);
      expect(index().filter((line) => line.startsWith('v1.1'))).to.deep.equal([
        'v1.1 UNAVAILABLE No such file: model.pt (ERR_MODEL_LOAD)',
      ]);
    });

    it(`is told of what an alias was to mean: ${stage}`, async () => {
      await registry.setAlias(digits, 'champion', 'v1.0');
      await open('champion');
      await registry.setAlias(digits, 'champion', 'v1.1');
      const move = (options: object) => host.setAliases(digits, { champion: 'v1.1' }, options);
      await giveUp(stage, new FailedElsewhere(error, 'v1.1'), move);
      expect(index()).to.include('v1.1 UNAVAILABLE No such file: model.pt (ERR_MODEL_LOAD)');
      expect(host.model(digits, 'champion').version).to.equal('v1.0');
      await host.setAliases(digits, { champion: 'v1.1' });
      expect(index()).to.include('v1.1 READY');
      expect(host.model(digits, 'champion').version).to.equal('v1.1');
    });
  }

  it('of what this process does not know either is kept by none', async () => {
    await open('v1.0');
    const before = host.index();
    const load = (options: object) => host.load({ name: 'nobody' }, options);
    await giveUp('before its turn', new FailedElsewhere(error, 'v1.1'), load);
    expect(host.index()).to.deep.equal(before);
  });
});
