import type { Worker } from 'node:cluster';
import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { ClusterFleet } from '#dist/cli/cluster/fleet.js';
import { membersOf } from '#dist/cli/cluster/members.js';
import type { CanarySettings } from '#dist/serving/index.js';
import type { Description, SetMember, ToPrimary, ToWorker } from '#dist/cli/cluster/messages.js';
import { keptLogger } from '../../support/server/logs.js';
import { rejection } from '../../support/rejection.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

const descriptionOf = (up: Peer['up']): Description => ({
  models: up.map((each) => ({ ...each, state: 'READY' as const, reason: '' })),
  failed: [],
});

/** A worker that answers at once, as it is told to; nothing is loaded. */
class Peer {
  readonly heard: ToWorker[] = [];
  /** Kinds of messages that it does not answer. */
  silent = new Set<ToWorker['kind']>();
  refuses = new Set<ToWorker['kind']>();
  /** Whether it keeps that a version has failed. */
  keeps = true;
  killed = false;
  up: { name: string; version: string; digest?: string; aliases?: string[]; isDefault?: boolean }[] = [
    { name: 'a', version: '1' },
  ];
  #alive = true;
  readonly process = { kill: () => (this.killed = true) };

  constructor(
    readonly id: number,
    readonly fleet: ClusterFleet,
  ) {
    this.say({ kind: 'started' });
  }

  get worker(): Worker {
    return this as unknown as Worker;
  }

  kinds(): string[] {
    return this.heard.map(({ kind }) => kind).filter((kind) => kind !== 'describe');
  }

  isConnected(): boolean {
    return this.#alive;
  }

  isDead(): boolean {
    return !this.#alive;
  }

  end(): void {
    this.#alive = false;
    this.fleet.onExit(this.worker);
  }

  /** As a worker does once its models are up, before it is admitted. */
  ready(): void {
    this.say({ kind: 'ready', ...this.#description() });
  }

  #description(): Description {
    return descriptionOf(this.up);
  }

  say(message: ToPrimary): void {
    this.fleet.onMessage(this.worker, message);
  }

  send(message: ToWorker): void {
    this.heard.push(message);
    if (!this.silent.has(message.kind)) void turn().then(() => this.#answer(message));
  }

  #answer(message: ToWorker): void {
    if (message.kind === 'describe') {
      this.say({ kind: 'description', round: message.round, ...this.#description() });
    }
    if (!('change' in message)) return;
    const { kind, change } = message;
    if (this.refuses.has(kind)) {
      const error = { code: 'ERR_MODEL_FORMAT' as const, message: `worker ${this.id}` };
      this.say({ kind: 'failed', change, error, ...(this.keeps && { version: '1' }) });
      return;
    }
    const isPrepared = kind === 'prepare' || kind === 'prepareAliases';
    if (isPrepared || kind === 'unload') this.say({ kind: 'prepared', change });
    if (!isPrepared) this.say({ kind: 'done', change });
  }
}

describe('cluster: the models of all workers', () => {
  const a = { file: '/models/a.pt' };
  const b = { file: '/models/b.pt' };
  const { signal } = new AbortController();
  const make = async (count: number) => {
    const { logger, lines } = keptLogger();
    const fleet = new ClusterFleet(membersOf(a, 0), logger);
    const peers: Peer[] = [];
    const add = async () => {
      const peer = new Peer(peers.length + 1, fleet);
      peers.push(peer);
      peer.ready();
      await fleet.admit(peer.worker);
      return peer;
    };
    for (let each = 0; each < count; each++) await add();
    for (const peer of peers) peer.heard.length = 0;
    return { fleet, peers, add, lines };
  };
  const keys = (models: readonly SetMember[]) =>
    models.map(({ name, version, revision }) => `${name} ${version} ${revision > 0 ? 'new' : 'old'}`);

  it('commits once all have prepared', async () => {
    const { fleet, peers } = await make(2);
    peers[1]!.silent.add('prepare');
    const loading = fleet.load(b, signal);
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(peers.map((peer) => peer.kinds())).to.deep.equal([['prepare'], ['prepare']]);
    expect(keys(fleet.models)).to.deep.equal(['a 1 old']);
    const { change } = peers[1]!.heard[0] as { change: number };
    peers[1]!.say({ kind: 'prepared', change });
    await loading;
    expect(peers.map((peer) => peer.kinds())).to.deep.equal([
      ['prepare', 'commit'],
      ['prepare', 'commit'],
    ]);
    expect(keys(fleet.models)).to.deep.equal(['a 1 old', 'b 1 new']);
  });

  it('takes what the first worker has from its word of being ready, however long it says nothing afterwards', async () => {
    const { logger } = keptLogger();
    const fleet = new ClusterFleet(membersOf(a, 0), logger);
    const first = new Peer(1, fleet);
    const loading = { name: 'a', version: '1', state: 'LOADING' as const, reason: '' };
    first.say({ kind: 'description', round: 0, models: [loading], failed: [] });
    first.silent.add('describe');
    first.ready();
    await fleet.admit(first.worker);
    const sync = first.heard.find(({ kind }) => kind === 'sync') as Extract<ToWorker, { kind: 'sync' }>;
    expect(keys(sync.models)).to.deep.equal(['a 1 old']);
  });

  it('takes it so after a change that came before any worker was up', async () => {
    const { logger } = keptLogger();
    const fleet = new ClusterFleet([...membersOf(a, 0), ...membersOf(b, 0)], logger);
    expect(await rejection(fleet.load(b, signal))).to.include({ code: 'ERR_NOT_READY' });
    expect(await rejection(fleet.clear('a', undefined))).to.include({ code: 'ERR_NOT_READY' });
    const first = new Peer(1, fleet);
    first.ready();
    await fleet.admit(first.worker);
    const sync = first.heard.find(({ kind }) => kind === 'sync') as Extract<ToWorker, { kind: 'sync' }>;
    expect(keys(sync.models), 'b could not be loaded').to.deep.equal(['a 1 old']);
  });

  it('tells no worker of a model that none could load', async () => {
    const { logger } = keptLogger();
    const refuse = () => Promise.reject(torchError('ERR_CONFIG', 'of no use'));
    const fleet = new ClusterFleet(membersOf(a, 0), logger, refuse);
    const peer = new Peer(1, fleet);
    peer.ready();
    await fleet.admit(peer.worker);
    expect(await rejection(fleet.load(b, signal))).to.include({ code: 'ERR_CONFIG' });
    expect(peer.kinds()).to.deep.equal(['sync']);
  });

  it('has all give it up when one cannot, and says why', async () => {
    const { fleet, peers } = await make(3);
    peers[1]!.refuses.add('prepare');
    expect(await rejection(fleet.load(b, signal))).to.include({ code: 'ERR_MODEL_FORMAT', message: 'worker 2' });
    for (const peer of peers) expect(peer.kinds()).to.deep.equal(['prepare', 'abandon']);
    const failed = { error: { code: 'ERR_MODEL_FORMAT', message: 'worker 2' }, version: '1' };
    for (const { heard } of peers) expect(heard.at(-1)).to.deep.include({ failed });
    expect(keys(fleet.models)).to.deep.equal(['a 1 old']);
    // One that keeps nothing has nothing to be kept.
    peers[1]!.keeps = false;
    await rejection(fleet.load(b, signal));
    for (const { heard } of peers) expect(heard.at(-1)).not.to.have.property('failed');
  });

  it('has all give it up at the deadline', async () => {
    const { fleet, peers } = await make(2);
    peers[0]!.silent.add('prepare');
    const late = new AbortController();
    const loading = rejection(fleet.load(b, late.signal));
    await turn();
    late.abort(new Error('late'));
    expect(await loading).to.have.property('message', 'late');
    for (const peer of peers) expect(peer.kinds()).to.deep.equal(['prepare', 'abandon']);
    for (const { heard } of peers) expect(heard.at(-1)).not.to.have.property('failed');
    // And the next change begins.
    peers[0]!.silent.clear();
    await fleet.load(b, signal);
    expect(keys(fleet.models)).to.include('b 1 new');
  });

  it('waits for no worker that has ended: while it prepares, swaps or unloads', async () => {
    for (const [kind, work] of [
      ['prepare', (fleet: ClusterFleet) => fleet.load(b, signal)],
      ['commit', (fleet: ClusterFleet) => fleet.load(b, signal)],
      ['unload', (fleet: ClusterFleet) => fleet.unload('a', '1').then(({ drained }) => drained)],
    ] as const) {
      const { fleet, peers } = await make(2);
      peers[0]!.silent.add(kind);
      const working = work(fleet);
      for (let turns = 0; turns < 10; turns++) await turn();
      expect(peers[0]!.kinds().at(-1)).to.equal(kind);
      peers[0]!.end();
      await working;
      expect(keys(fleet.models), kind).to.deep.equal(kind === 'unload' ? [] : ['a 1 old', 'b 1 new']);
    }
  });

  it('waits for no worker that leaves, and does not fail by it', async () => {
    const { fleet, peers } = await make(2);
    peers[1]!.silent.add('prepare');
    const loading = fleet.load(b, signal);
    for (let turns = 0; turns < 10; turns++) await turn();
    peers[1]!.say({ kind: 'leaving' });
    const { change } = peers[1]!.heard[0] as { change: number };
    peers[1]!.say({ kind: 'failed', change, error: { code: 'ERR_DRAINING', message: 'it shuts down' } });
    await loading;
    expect(keys(fleet.models)).to.deep.equal(['a 1 old', 'b 1 new']);
    expect(peers.map((peer) => peer.kinds().at(-1))).to.deep.equal(['commit', 'prepare']);
    peers[0]!.say({ kind: 'leaving' });
    expect(await rejection(fleet.unload('a', '1'))).to.include({ code: 'ERR_NOT_READY' });
  });

  it('admits none that leaves, and forgets what was on its way from one that has ended', async () => {
    const { logger } = keptLogger();
    const fleet = new ClusterFleet(membersOf(a, 0), logger);
    const first = new Peer(1, fleet);
    first.silent.add('sync');
    first.ready();
    const admitting = rejection(fleet.admit(first.worker));
    await turn();
    first.say({ kind: 'leaving' });
    expect(await admitting).to.include({ code: 'ERR_NOT_READY' });
    expect(fleet.isUp).to.equal(false);
    expect(fleet.latest()).to.have.length(1);
    first.end();
    first.ready();
    first.say({ kind: 'description', round: 1, ...descriptionOf(first.up) });
    expect(fleet.latest()).to.deep.equal([]);
  });

  it('changes nothing when no worker is left', async () => {
    const { fleet, peers } = await make(1);
    peers[0]!.silent.add('prepare');
    const loading = rejection(fleet.load(b, signal));
    await turn();
    peers[0]!.end();
    expect(await loading).to.include({ code: 'ERR_NOT_READY' });
    expect(await rejection(fleet.load(b, signal))).to.include({ code: 'ERR_NOT_READY' });
    expect(keys(fleet.models)).to.deep.equal(['a 1 old']);
  });

  it('has a worker that comes up during a change wait for its end, and gives it what all have', async () => {
    const { fleet, peers, add } = await make(1);
    peers[0]!.silent.add('prepare');
    const loading = fleet.load(b, signal);
    await turn();
    const adding = add();
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(peers[1]!.kinds()).to.deep.equal([]);
    peers[0]!.say({ kind: 'prepared', change: (peers[0]!.heard[0] as { change: number }).change });
    await loading;
    await adding;
    const sync = peers[1]!.heard.find(({ kind }) => kind === 'sync') as Extract<ToWorker, { kind: 'sync' }>;
    expect(keys(sync.models)).to.deep.equal(['a 1 old', 'b 1 new']);
    await fleet.unload('a', '1');
    expect(peers[1]!.kinds()).to.include('unload');
  });

  describe('and their versions', () => {
    const m = (version: string) => ({ name: 'm', version });
    const withVersions = async (...versions: string[]) => {
      const { logger } = keptLogger();
      const fleet = new ClusterFleet(membersOf({ name: 'm', versions }, 0), logger);
      const peer = new Peer(1, fleet);
      const has = (...up: Peer['up']) => {
        peer.up = up;
        peer.say({ kind: 'description', round: 0, ...descriptionOf(peer.up) });
      };
      peer.up = versions.map(m);
      peer.ready();
      await fleet.admit(peer.worker);
      return { fleet, has };
    };
    const versions = (fleet: ClusterFleet) => fleet.models.map(({ name, version }) => `${name} ${version}`);

    it('come in the order of the workers: what is loaded again after its unload is the default again', async () => {
      const { fleet, has } = await withVersions('v1.0', 'v1.1');
      await fleet.unload('m', 'v1.0');
      expect(versions(fleet)).to.deep.equal(['m v1.1']);
      await fleet.load(a, signal);
      has(m('v1.0'), m('v1.1'), { name: 'a', version: '1' });
      await fleet.load({ name: 'm', versions: ['v1.0'] }, signal);
      expect(versions(fleet)).to.deep.equal(['m v1.0', 'm v1.1', 'a 1']);
    });

    it('that nobody could say are those that the workers have loaded', async () => {
      const digest = '0'.repeat(64);
      const { fleet, has } = await withVersions('v1.0');
      has(m('v1.0'), { ...m('v1.1'), digest }, { ...m('v1.2'), aliases: ['champion'] });
      await fleet.load({ name: 'm', versions: ['champion', `sha256:${digest}`] }, signal);
      expect(versions(fleet)).to.deep.equal(['m v1.0', 'm v1.1', 'm v1.2']);
      expect(fleet.models.map(({ reference }) => reference)).to.deep.equal(['v1.0', `sha256:${digest}`, 'champion']);
      const other = await withVersions('v1.0');
      other.has(m('v1.0'), { name: 'other', version: 'v3', isDefault: true });
      await other.fleet.load({ name: 'other' }, signal);
      expect(other.fleet.models.at(-1)).to.deep.include({ reference: 'v3', version: 'v3' });
    });
  });

  it('tells all that a canary is over that a new worker cannot take part in', async () => {
    const { fleet, peers, lines } = await make(2);
    const settings = { version: '1', share: 0.5 } as CanarySettings;
    await fleet.setCanary('a', settings);
    const { told } = peers[0]!.heard.at(-1) as Extract<ToWorker, { kind: 'canary' }>;
    const over = { kind: 'canaryOver', name: 'a', revision: told.revision } as const;
    for (const peer of peers) peer.heard.length = 0;
    peers[1]!.say({ ...over, revision: told.revision - 1, reason: 'of one before' });
    expect(fleet.canaries.told()).to.have.length(1);
    peers[1]!.say({ ...over, reason: 'other outputs' });
    expect(fleet.canaries.told()).to.deep.equal([]);
    for (const { heard } of peers) {
      const [last] = heard as Extract<ToWorker, { kind: 'canary' }>[];
      expect(last).to.deep.include({ kind: 'canary' });
      expect(last?.told).not.to.have.property('settings');
    }
    expect(lines().map(({ reason }) => reason)).to.include('other outputs');
  });

  describe('and their aliases', () => {
    const champion = { name: 'm', versions: ['champion'], aliases: { champion: 'v1.0' } };
    const meaning = (version: string) => [{ name: 'm', version, aliases: ['champion'] }];
    const withAlias = async () => {
      const { logger } = keptLogger();
      const fleet = new ClusterFleet(membersOf(champion, 0), logger);
      const peers = [1, 2].map((id) => new Peer(id, fleet));
      for (const peer of peers) {
        peer.up = meaning('v1.0');
        peer.ready();
        await fleet.admit(peer.worker);
        peer.heard.length = 0;
      }
      return { fleet, peers };
    };
    const now = new Map([['champion', 'v1.1']]);

    it('move once all have prepared it and the registry is written', async () => {
      const { fleet, peers } = await withAlias();
      const order: string[] = [];
      const write = () => Promise.resolve(void order.push(...peers.flatMap((peer) => peer.kinds()), 'written'));
      await fleet.setAliases('m', now, signal, write);
      expect(order).to.deep.equal(['prepareAliases', 'prepareAliases', 'written']);
      for (const peer of peers) expect(peer.kinds()).to.deep.equal(['prepareAliases', 'commit']);
      expect(fleet.models.map(({ reference, version }) => [reference, version])).to.deep.equal([['champion', 'v1.1']]);
    });

    it('stay where one cannot, and where the registry cannot be written', async () => {
      for (const refuses of [true, false]) {
        const { fleet, peers } = await withAlias();
        if (refuses) peers[1]!.refuses.add('prepareAliases');
        const write = () => Promise.reject(torchError('ERR_STORAGE_FULL', 'no room'));
        expect(await rejection(fleet.setAliases('m', now, signal, write))).to.include({
          code: refuses ? 'ERR_MODEL_FORMAT' : 'ERR_STORAGE_FULL',
        });
        for (const peer of peers) expect(peer.kinds()).to.deep.equal(['prepareAliases', 'abandon']);
        expect(fleet.models.map(({ version }) => version)).to.deep.equal(['v1.0']);
      }
    });

    it('are what the others have for a worker that comes later, at its start and when it is admitted', async () => {
      const { fleet, peers } = await withAlias();
      await fleet.setAliases('m', now, signal);
      for (const peer of peers) {
        peer.up = meaning('v1.1');
        peer.say({ kind: 'description', round: 0, ...descriptionOf(peer.up) });
      }
      const fresh = new Peer(9, fleet);
      fresh.up = [];
      fresh.say({ kind: 'askSet' });
      const { models } = fresh.heard[0] as Extract<ToWorker, { kind: 'set' }>;
      expect(models.map(({ model }) => [model.versions, model.aliases])).to.deep.equal([
        [['champion'], { champion: 'v1.1' }],
      ]);
      fresh.ready();
      await fleet.admit(fresh.worker);
      const sync = fresh.heard.find(({ kind }) => kind === 'sync') as Extract<ToWorker, { kind: 'sync' }>;
      expect(sync.aliases).to.deep.equal({ m: { champion: 'v1.1' } });
    });

    for (const others of [{ stable: 'v1.0' }, {}]) {
      const rest = Object.keys(others).length;
      it(`that are no more: a worker that comes later loads what they meant, and has the ${rest} that are left`, async () => {
        const { fleet, peers } = await withAlias();
        await fleet.setAliases('m', new Map(Object.entries(others)), signal);
        for (const peer of peers) {
          peer.up = [{ name: 'm', version: 'v1.0', aliases: Object.keys(others) }];
          peer.say({ kind: 'description', round: 0, ...descriptionOf(peer.up) });
        }
        const fresh = new Peer(9, fleet);
        fresh.up = [];
        fresh.say({ kind: 'askSet' });
        const { models } = fresh.heard[0] as Extract<ToWorker, { kind: 'set' }>;
        expect(models.map(({ version, model }) => [version, model.versions, model.aliases])).to.deep.equal([
          ['v1.0', ['champion'], { ...others, champion: 'v1.0' }],
        ]);
        fresh.ready();
        await fleet.admit(fresh.worker);
        const sync = fresh.heard.find(({ kind }) => kind === 'sync') as Extract<ToWorker, { kind: 'sync' }>;
        expect(sync.aliases).to.deep.equal({ m: others });
      });
    }

    it('are those of the last change where no worker is left to say so', async () => {
      const { fleet, peers } = await withAlias();
      await fleet.setAliases('m', new Map([...now, ['stable', 'v1.0']]), signal);
      for (const peer of peers) peer.end();
      expect(fleet.models.map(({ model }) => model.aliases)).to.deep.equal([{ champion: 'v1.1', stable: 'v1.0' }]);
    });

    it('go with their version', async () => {
      const { fleet } = await withAlias();
      await fleet.unload('m', 'v1.0');
      expect(fleet.models).to.deep.equal([]);
    });
  });

  it('clears a quarantine in all', async () => {
    const { fleet, peers } = await make(2);
    await fleet.clear('a', '1');
    for (const peer of peers) expect(peer.kinds()).to.deep.equal(['clear']);
  });

  it('does not admit a worker that cannot become like the others', async () => {
    const { fleet } = await make(1);
    const other = new Peer(2, fleet);
    other.refuses.add('sync');
    expect(await rejection(fleet.admit(other.worker))).to.include({ code: 'ERR_MODEL_FORMAT' });
    await fleet.load(b, signal);
    expect(other.kinds()).to.deep.equal(['sync']);
  });

  it('ends a worker that cannot swap what it has prepared', async () => {
    const { fleet, peers } = await make(2);
    peers[1]!.refuses.add('commit');
    await fleet.load(b, signal);
    expect(peers.map(({ killed }) => killed)).to.deep.equal([false, true]);
    expect(keys(fleet.models)).to.include('b 1 new');
  });

  it('starts a worker with what all have at that time', async () => {
    const { fleet } = await make(1);
    await fleet.load(b, signal);
    await fleet.unload('a', '1');
    const fresh = new Peer(9, fleet);
    fresh.say({ kind: 'askSet' });
    expect(keys((fresh.heard[0] as Extract<ToWorker, { kind: 'set' }>).models)).to.deep.equal(['b 1 new']);
  });

  it('lists what all have, and warns of a worker that has other bytes', async () => {
    const { fleet, peers, add, lines } = await make(1);
    peers[0]!.up = [{ name: 'a', version: '1', digest: 'one' }];
    await fleet.list();
    const adding = new Peer(2, fleet);
    adding.up = [{ name: 'a', version: '1', digest: 'two' }];
    await fleet.admit(adding.worker);
    expect(lines().some(({ msg }) => String(msg).includes('other bytes'))).to.equal(true);
    expect((await fleet.list()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['a READY']);
    await add();
  });
});
