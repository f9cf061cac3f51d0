import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import type { Change } from '#dist/serving/changes.js';
import { Turns } from '#dist/serving/turns.js';
import { rejection } from '../support/rejection.js';
import { steered } from '../support/steered-change.js';
import { turns as loopTurns } from '../support/turn.js';

const after = 'ends';
const nothing = (): Promise<Change<undefined>> => Promise.resolve({ result: undefined, end: Promise.resolve() });

/** The turns of a host that is up. */
const open = (): Turns => new Turns({ started: () => Promise.resolve(), requireOpen: () => undefined });

describe('turns of a host', () => {
  it('come after its start, and ask whether it takes changes once that is over', async () => {
    let start!: () => void;
    let isOpen = false;
    const started = new Promise<void>((resolve) => (start = resolve));
    const turns = new Turns({
      started: () => started,
      requireOpen: () => {
        if (!isOpen) throw new Error('closed');
      },
    });
    const change = steered();
    const ended = turns.run('a', { after }, change.work);
    await loopTurns();
    expect(change.hasBegun(), 'the host still starts').to.equal(false);
    isOpen = true;
    start();
    await loopTurns();
    expect(change.hasBegun()).to.equal(true);
    change.finish('done');
    change.end();
    expect(await ended).to.equal('done');
  });

  it('are refused by a host whose start has failed', async () => {
    const turns = new Turns({
      started: () => Promise.resolve(),
      requireOpen: () => {
        throw new Error('closed');
      },
    });
    const change = steered();
    expect((await rejection(turns.run('a', { after }, change.work))).message).to.equal('closed');
    expect(change.hasBegun()).to.equal(false);
  });

  it('end with the host: what runs is told, what waits never begins, and what comes later is refused', async () => {
    const turns = open();
    const running = new Promise<unknown>((resolve) => {
      const told = turns.run('a', { after }, async (signal) => {
        await new Promise<void>((aborted) => {
          signal.addEventListener('abort', () => {
            aborted();
          });
        });
        throw signal.reason as Error;
      });
      told.catch(resolve);
    });
    const waits = steered();
    const waiting = rejection(turns.run('a', { after }, waits.work));
    await loopTurns();
    const reason = new Error('the host closes');
    turns.end(reason);
    expect(await running).to.equal(reason);
    expect(await waiting).to.equal(reason);
    expect(await rejection(turns.run('b', { after }, nothing))).to.equal(reason);
    await turns.idle();
    expect(waits.hasBegun()).to.equal(false);
  });

  it('hear their own signal alone', async () => {
    const turns = open();
    const [mine, other] = [new AbortController(), new AbortController()];
    const heard: string[] = [];
    const wait =
      (name: string) =>
      (signal: AbortSignal): Promise<Change<undefined>> =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            heard.push(name);
            reject(signal.reason as Error);
          });
        });
    const failed = rejection(turns.run('a', { after, signal: mine.signal }, wait('a')));
    const going = rejection(turns.run('b', { after, signal: other.signal }, wait('b')));
    await loopTurns();
    const reason = new Error('mine');
    mine.abort(reason);
    expect(await failed).to.equal(reason);
    expect(heard).to.deep.equal(['a']);
    other.abort(new Error('other'));
    expect((await going).message).to.equal('other');
  });

  it('leave no listener on a signal that outlives them', async () => {
    const turns = open();
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i++) await turns.run('a', { after, signal }, nothing);
    const failing = (): Promise<Change<undefined>> => Promise.reject(new Error('of the work'));
    await rejection(turns.run('a', { after, signal }, failing));
    for (const each of [signal, turns.signal]) expect(getEventListeners(each, 'abort')).to.have.length(0);
  });
});
