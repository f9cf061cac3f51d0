import { expect } from 'chai';
import { checkListener, hostListeners, Listeners } from '#dist/serving/listeners.js';

describe('Listeners', () => {
  it('tells all in their order, also those that are taken off meanwhile', () => {
    const listeners = new Listeners<number>();
    const told: string[] = [];
    const second = (event: number): unknown => told.push(`second ${event}`);
    const first = (event: number): void => {
      told.push(`first ${event}`);
      listeners.remove(first);
      listeners.remove(second);
    };
    expect(listeners.isEmpty).to.equal(true);
    listeners.add(first);
    listeners.add(second);
    expect(listeners.isEmpty).to.equal(false);
    listeners.tell(1);
    expect(listeners.isEmpty).to.equal(true);
    listeners.tell(2);
    expect(told).to.deep.equal(['first 1', 'second 1']);
  });

  it('tells those that come meanwhile from the next event on', () => {
    const listeners = new Listeners<number>();
    const told: number[] = [];
    listeners.add(() => listeners.add((event) => told.push(event)));
    listeners.tell(1);
    expect(told).to.deep.equal([]);
    listeners.tell(2);
    expect(told).to.deep.equal([2]);
  });

  it('takes off one of those that are the same, and none that it has not', () => {
    const listeners = new Listeners<number>();
    let told = 0;
    const listener = (): number => told++;
    listeners.add(listener);
    listeners.add(listener);
    listeners.remove(() => undefined);
    listeners.tell(1);
    listeners.remove(listener);
    listeners.tell(2);
    expect(told).to.equal(3);
  });

  it('tells the others where one throws, and warns of what it threw', async () => {
    const listeners = new Listeners<number>();
    const told: number[] = [];
    listeners.add(() => {
      throw new Error('a broken listener of three');
    });
    listeners.add((event) => told.push(event));
    const warned = new Promise((resolve) => process.once('warning', resolve));
    listeners.tell(1);
    expect(told).to.deep.equal([1]);
    expect(await warned).to.have.property('message', 'a broken listener of three');
  });

  it('refuses an event that there is not, and a listener that is none', () => {
    const all = hostListeners();
    const refusal = (event: unknown, listener: unknown) => expect(() => checkListener(all, event, listener)).to.throw();
    checkListener(all, 'run', () => undefined);
    for (const event of ['runs', 'toString', '__proto__', undefined, 1]) {
      refusal(event, () => undefined).with.property('code', 'ERR_INVALID_ARGUMENT');
    }
    refusal('runs', () => undefined)
      .with.property('message')
      .that.includes('one of run, answered, batch');
    refusal('run', 'log').with.property('code', 'ERR_INVALID_ARGUMENT');
  });
});
