import { expect } from 'chai';
import { Changes, type Change } from '#dist/serving/changes.js';
import { rejection } from '../support/errors.js';
import { rejection as rejected } from '../support/rejection.js';
import { steered } from '../support/steered-change.js';
import { turns } from '../support/turn.js';

describe('changes of a host', () => {
  it('of one name wait for each other’s end; those of another do not', async () => {
    const changes = new Changes();
    const [first, second, other] = [steered(), steered(), steered()] as const;
    const one = changes.run('a', { after: 'ends' }, first.work);
    const two = changes.run('a', { after: 'ends' }, second.work);
    void changes.run('b', { after: 'ends' }, other.work);
    await turns();
    expect([first.hasBegun(), second.hasBegun(), other.hasBegun()]).to.deep.equal([true, false, true]);
    first.finish('one');
    await turns();
    expect(second.hasBegun(), 'its result is there, its end is not').to.equal(false);
    first.end();
    expect(await one).to.equal('one');
    await turns();
    expect(second.hasBegun()).to.equal(true);
    second.finish('two');
    second.end();
    expect(await two).to.equal('two');
    other.finish('');
    other.end();
    await changes.idle();
  });

  it('that need no room begin once those before them have their results', async () => {
    const changes = new Changes();
    const [load, unload, next] = [steered(), steered(), steered()] as const;
    const loading = changes.run('a', { after: 'ends' }, load.work);
    const unloading = changes.run('a', { after: 'results' }, unload.work);
    const loadingNext = changes.run('a', { after: 'ends' }, next.work);
    await turns();
    expect(unload.hasBegun()).to.equal(false);
    load.finish('loaded');
    await turns();
    expect(unload.hasBegun(), 'what was replaced still drains').to.equal(true);
    unload.finish('unloaded');
    unload.end();
    expect(await unloading).to.equal('unloaded');
    expect(next.hasBegun()).to.equal(false);
    load.end();
    expect(await loading).to.equal('loaded');
    next.finish('next');
    next.end();
    expect(await loadingNext).to.equal('next');
    await changes.idle();
  });

  it('go on after one that failed', async () => {
    const changes = new Changes();
    const [first, second] = [steered(), steered()];
    const one = changes.run('a', { after: 'ends' }, first.work);
    const two = changes.run('a', { after: 'ends' }, second.work);
    first.fail(new Error('of the first'));
    expect((await rejected(one)).message).to.equal('of the first');
    second.finish('two');
    second.end();
    expect(await two).to.equal('two');
  });

  it('leave the line when they are aborted before their turn', async () => {
    const changes = new Changes();
    const [first, second, third] = [steered(), steered(), steered()];
    const one = changes.run('a', { after: 'ends' }, first.work);
    const controller = new AbortController();
    const two = changes.run('a', { signal: controller.signal, after: 'ends' }, second.work);
    const three = changes.run('a', { after: 'ends' }, third.work);
    controller.abort(new Error('gone'));
    expect((await rejected(two)).message, 'at once').to.equal('gone');
    first.finish('one');
    first.end();
    await one;
    third.finish('three');
    third.end();
    expect(await three).to.equal('three');
    expect(second.hasBegun()).to.equal(false);
  });

  it('hand their result over when the wait for their end is aborted', async () => {
    const changes = new Changes();
    for (const isEarly of [true, false]) {
      const change = steered();
      const controller = new AbortController();
      const running = changes.run('a', { signal: controller.signal, after: 'ends' }, change.work);
      await turns();
      if (isEarly) controller.abort();
      change.finish('done');
      await turns();
      if (!isEarly) controller.abort();
      expect(await running).to.equal('done');
      const next = steered();
      void changes.run('a', { after: 'ends' }, next.work);
      await turns();
      expect(next.hasBegun(), 'the end is waited for all the same').to.equal(false);
      change.end();
      next.finish('');
      next.end();
      await changes.idle();
    }
  });

  it('are refused when too many wait', async () => {
    const changes = new Changes();
    const first = steered();
    void changes.run('a', { after: 'ends' }, first.work);
    const done = (): Promise<Change<string>> => Promise.resolve({ result: 'done', end: Promise.resolve() });
    const waiting = Array.from({ length: 99 }, () => changes.run('a', { after: 'ends' }, done));
    await rejection(() => changes.run('a', { after: 'ends' }, done), 'ERR_QUEUE_FULL');
    expect(await changes.run('b', { after: 'ends' }, done)).to.equal('done');
    first.finish('');
    first.end();
    await Promise.all(waiting);
    await changes.idle();
    expect(await changes.run('a', { after: 'ends' }, done)).to.equal('done');
  });
});
