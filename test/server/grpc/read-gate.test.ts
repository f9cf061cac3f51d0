import { expect } from 'chai';
import { ReadGate, Reading } from '#dist/server/grpc/read-gate.js';

/** A call whose message comes in parts, as long as it is read. */
class Sender {
  isPaused = true;
  readonly reading: Reading;

  constructor(
    gate: ReadGate,
    readonly size: number,
    public left = size,
  ) {
    this.reading = new Reading(gate);
    this.reading.enter(() => this.resume());
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  send(bytes: number): void {
    if (this.isPaused || this.left === 0) return;
    this.left -= bytes;
    this.reading.arrived(bytes, this);
    if (this.left === 0) this.reading.received(this.size);
  }
}

describe('what is received of gRPC and not answered', () => {
  it('counts before a message is whole: parts alone never hold more than the bound, one message and a chunk of each', () => {
    const gate = new ReadGate(400);
    const senders = Array.from({ length: 64 }, () => new Sender(gate, 100));
    let most = 0;
    for (let round = 0; round < 200; round++) {
      for (const sender of senders) {
        sender.send(1);
        most = Math.max(most, gate.held);
      }
    }
    expect(most).to.be.within(400, 400 + 100 + 64);
    expect(senders.filter(({ left }) => left === 0).length).to.be.lessThan(6);
  });

  it('is read to its end, whatever the number of those that send', () => {
    const gate = new ReadGate(400);
    let waiting = Array.from({ length: 64 }, () => new Sender(gate, 100));
    for (let round = 0; round < 2000 && waiting.length > 0; round++) {
      for (const sender of waiting) sender.send(10);
      for (const { left, reading } of waiting) {
        if (left > 0) continue;
        reading.used(100);
        reading.end();
      }
      waiting = waiting.filter(({ left }) => left > 0);
    }
    expect(waiting).to.have.length(0);
    expect(gate.held).to.equal(0);
  });

  it('has no line of senders that are gone', () => {
    const gate = new ReadGate(100);
    const first = new Sender(gate, 100);
    first.send(100);
    const gone = Array.from({ length: 50 }, () => new Sender(gate, 100));
    const last = new Sender(gate, 100);
    for (const { reading } of gone) reading.end();
    first.reading.used(100);
    expect(gone.filter(({ isPaused }) => !isPaused)).to.have.length(0);
    expect(last.isPaused).to.equal(false);
    // Whoever is gone does not come back into it.
    last.send(100);
    gone[0]?.reading.enter(() => expect.fail());
    last.reading.end();
    expect(gate.held).to.equal(0);
  });

  it('is forgotten when its sender goes, and the next one goes on', () => {
    const gate = new ReadGate(100);
    const [first, second, third] = Array.from({ length: 3 }, () => new Sender(gate, 100)) as [Sender, Sender, Sender];
    for (let i = 0; i < 5; i++) for (const sender of [first, second, third]) sender.send(10);
    expect([first, second, third].filter(({ isPaused }) => !isPaused)).to.have.length(1);
    for (const sender of [first, second, third]) sender.reading.end();
    expect(gate.held).to.equal(0);
    const later = new Sender(gate, 10);
    later.send(10);
    expect(later.left).to.equal(0);
  });
});
