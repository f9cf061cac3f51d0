import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Distributor } from '#dist/cli/cluster/distributor.js';
import { Watchdog } from '#dist/cli/cluster/watchdog.js';

/** What a worker was sent: numbers of connections and the connections. */
class Peer {
  connected = true;
  readonly got: [number, unknown][] = [];
  readonly heard: string[] = [];
  readonly process = {
    send: ({ number }: { number: number }, socket: unknown) => void this.got.push([number, socket]),
  };
  isConnected(): boolean {
    return this.connected;
  }
  send({ kind }: { kind: string }): void {
    this.heard.push(kind);
  }
  get worker(): Worker {
    return this as unknown as Worker;
  }
}

class Connection {
  destroyed = false;
  constructor(readonly name: string) {}
  destroy(): void {
    this.destroyed = true;
  }
}

describe('cluster: the distributor of connections', () => {
  let time = 0;
  let closed = 0;
  const make = () => {
    time = closed = 0;
    return new Distributor({ maxWaiting: 3, maxWaitMs: 100, now: () => time, onClosed: () => ++closed });
  };
  const offer = (to: Distributor, ...names: string[]) =>
    names.map((name) => {
      const connection = new Connection(name);
      to.offer(connection as unknown as Socket, 'http');
      return connection;
    });
  const namesOf = ({ got }: Peer) => got.map(([, socket]) => (socket as Connection).name);

  const confirmLast = (distributor: Distributor, { got, worker }: Peer) => {
    const [number] = got.at(-1) as [number, unknown];
    distributor.confirmed(worker, number);
  };

  it('lets a burst fall evenly on a worker that is only slow', () => {
    const distributor = make();
    const [quick, slow] = [new Peer(), new Peer()];
    distributor.add(quick.worker);
    distributor.add(slow.worker);
    for (let offered = 0; offered < 9; offered++) {
      offer(distributor, 'x');
      confirmLast(distributor, quick);
    }
    expect([quick.got.length, slow.got.length]).to.deep.equal([7, 1]);
    confirmLast(distributor, slow);
    expect(slow.got.length).to.equal(2);
  });

  it('holds connections back for a quarter of a second in ten at most, and for a worker that hangs not at all', async () => {
    const distributor = make();
    const [quick, slow] = [new Peer(), new Peer()];
    distributor.add(quick.worker);
    distributor.add(slow.worker);
    // Slow, and not hanging: it confirms after 80 ms.
    let held = 0;
    for (let offered = 0; offered < 200; offered++) {
      const before = quick.got.length + slow.got.length;
      offer(distributor, 'x');
      confirmLast(distributor, quick);
      if (quick.got.length + slow.got.length > before) continue;
      time += 80;
      held += 80;
      confirmLast(distributor, slow);
      await delay(30);
    }
    expect(held).to.be.within(80, 400);
    expect(quick.got.length).to.be.greaterThan(150);
    // It hangs: nobody waits for it, ten seconds later either.
    time += 20_000;
    const before = quick.got.length;
    for (let offered = 0; offered < 20; offered++) {
      confirmLast(distributor, quick);
      offer(distributor, 'x');
    }
    expect(quick.got.length - before).to.be.within(19, 21);
    // It comes back, and is not flooded.
    const slowBefore = slow.got.length;
    for (let offered = 0; offered < 20; offered++) {
      for (const peer of [slow, quick]) confirmLast(distributor, peer);
      offer(distributor, 'x');
    }
    expect(slow.got.length - slowBefore).to.be.within(8, 14);
  });

  it('gives one at a time, in turn, and lets go of what is confirmed', () => {
    const distributor = make();
    const [one, two] = [new Peer(), new Peer()];
    distributor.add(one.worker);
    distributor.add(two.worker);
    const [a] = offer(distributor, 'a', 'b', 'c', 'd');
    expect([namesOf(one), namesOf(two)]).to.deep.equal([['a'], ['b']]);
    distributor.confirmed(two.worker, 2);
    expect(namesOf(two)).to.deep.equal(['b', 'c']);
    expect(a?.destroyed).to.equal(false);
    distributor.confirmed(one.worker, 1);
    expect(a?.destroyed).to.equal(true);
    expect(namesOf(one)).to.deep.equal(['a', 'd']);
    distributor.confirmed(one.worker, 1); // again, and one of another's: nothing happens
    distributor.confirmed(one.worker, 3);
    expect(distributor.sent).to.equal(4);
  });

  it('hands on what an ended worker did not confirm, first of all', () => {
    const distributor = make();
    const [one, two] = [new Peer(), new Peer()];
    distributor.add(one.worker);
    offer(distributor, 'a', 'b');
    distributor.remove(one.worker);
    distributor.add(two.worker);
    expect(namesOf(two)).to.deep.equal(['a']);
    distributor.confirmed(two.worker, distributor.sent);
    expect(namesOf(two)).to.deep.equal(['a', 'b']);
    distributor.confirmed(one.worker, 1);
    expect(namesOf(one)).to.deep.equal(['a']);
  });

  it('sends again what was lost on its way: the worker answers a later question and did not confirm it', () => {
    const distributor = make();
    const one = new Peer();
    distributor.add(one.worker);
    const [a] = offer(distributor, 'a');
    distributor.heard(one.worker, 0); // a question from before
    expect(namesOf(one)).to.deep.equal(['a']);
    distributor.heard(one.worker, 1);
    expect(namesOf(one)).to.deep.equal(['a', 'a']);
    expect(a?.destroyed).to.equal(false);
  });

  it('gives nothing more to a worker that leaves', () => {
    const distributor = make();
    const one = new Peer();
    distributor.add(one.worker);
    offer(distributor, 'a');
    distributor.retire(one.worker);
    distributor.confirmed(one.worker, 1);
    offer(distributor, 'b');
    expect(namesOf(one)).to.deep.equal(['a']);
  });

  it('is bounded: in number, and in time', async () => {
    const distributor = make();
    const waiting = offer(distributor, 'a', 'b', 'c', 'd');
    expect(waiting.map(({ destroyed }) => destroyed)).to.deep.equal([false, false, false, true]);
    let settled = false;
    void distributor.settled().then(() => (settled = true));
    time = 100;
    distributor.expire();
    expect(closed).to.equal(1);
    time = 101;
    distributor.expire();
    expect(waiting.every(({ destroyed }) => destroyed)).to.equal(true);
    expect(closed).to.equal(4);
    await Promise.resolve();
    expect(settled).to.equal(true);
  });
});

describe('cluster: the watchdog', () => {
  it('finds who leaves too many questions unanswered, once, and nobody else', () => {
    const hanging: Worker[] = [];
    const watchdog = new Watchdog(2, (worker) => void hanging.push(worker));
    const [quiet, lively, gone] = [new Peer(), new Peer(), new Peer()];
    for (const { worker } of [quiet, lively, gone]) watchdog.add(worker);
    watchdog.remove(gone.worker);
    for (let tick = 0; tick < 5; tick++) {
      watchdog.tick(() => ({ kind: 'ping', sent: 0 }));
      watchdog.heard(lively.worker);
    }
    expect(hanging).to.deep.equal([quiet.worker]);
    expect(quiet.heard).to.deep.equal(['ping', 'ping']);
    expect(lively.heard).to.have.length(5);
    watchdog.heard(new Peer().worker); // one that still loads
  });
});
