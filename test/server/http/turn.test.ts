import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { OpenExchanges } from '#dist/server/http/open-exchanges.js';
import { createServer } from '#dist/server/index.js';
import { rawConnection, until } from '../../support/server/http.js';
import { MemoryHost } from '../../support/server/memory-host.js';
import { turns } from '../../support/turn.js';

describe('the turns in which requests begin', () => {
  let begun: string[] = [];
  beforeEach(async () => {
    await turns(); // what was begun before is over
    begun = [];
  });

  /** A request that arrives on a connection of its own. @param now when */
  const arrive = (name: string, now = performance.now(), isUrgent = false): void => {
    const open = OpenExchanges.of(new PassThrough());
    const exchange = { name, isWhole: true, errorForm: 'problem' as const, refuse: () => name, end: () => undefined };
    open.begin(exchange);
    open.inTurn(
      exchange,
      now,
      () => begun.push(name),
      () => isUrgent,
    );
  };
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));
  const all = (count: number) => until('all have begun', () => begun.length === count);

  it('end after two milliseconds: what comes then waits', async () => {
    const now = performance.now();
    arrive('first', now);
    arrive('in time', now + 1.9);
    arrive('too late', now + 2.1);
    expect(begun).to.deep.equal(['first', 'in time']);
    await all(3);
  });

  it('are in the order of arrival: nobody passes those that wait', async () => {
    const now = performance.now();
    arrive('first', now);
    for (const name of names(40)) arrive(name, now + 10);
    await turns(1);
    expect(begun.length).to.be.within(2, 17);
    arrive('newcomer');
    expect(begun).not.to.include('newcomer');
    await all(42);
    expect(begun).to.deep.equal(['first', ...names(40), 'newcomer']);
  });

  it('let an urgent request pass, in a turn that has room and in one that has none', async () => {
    const now = performance.now();
    arrive('first', now);
    for (const name of names(40)) arrive(name, now + 10);
    arrive('urgent, no room', now + 10, true);
    await turns(1);
    expect(begun.slice(0, 2)).to.deep.equal(['first', 'urgent, no room']);
    arrive('urgent', undefined, true);
    expect(begun.at(-1)).to.equal('urgent');
    await all(43);
  });

  it('let one urgent request pass in each of them, however many there are', async () => {
    const isUrgent = (name: string) => name.startsWith('urgent');
    const passed = () => begun.filter(isUrgent);
    const now = performance.now();
    arrive('first', now);
    for (const name of names(200)) arrive(name, now + 10);
    for (const name of names(3)) arrive(`urgent ${name}`, undefined, true);
    expect(passed(), 'at once').to.deep.equal(['urgent 0']);
    await turns(1);
    expect(passed(), 'none again in this turn').to.have.length(1);
    arrive('urgent, behind', undefined, true);
    expect(passed(), 'urgent ones keep their order').to.have.length(1);
    await turns(3);
    expect(passed(), 'each in a turn').to.deep.equal([...names(3).map((name) => `urgent ${name}`), 'urgent, behind']);
    expect(begun.length, 'those are soon').to.be.below(205);
    await all(205);
    begun.forEach((name, i) => {
      expect(isUrgent(name) && isUrgent(begun[i + 1] ?? ''), `${name}, ${begun[i + 1]}`).to.equal(false);
    });
  });

  it('leave urgent requests no worse off than others: what is more than may pass keeps its place', async () => {
    const now = performance.now();
    arrive('first', now);
    for (const name of names(100)) arrive(`urgent ${name}`, now + 10, true);
    for (const name of names(100)) arrive(name, now + 10);
    await all(201);
    const place = (name: string) => begun.indexOf(name);
    expect(place('urgent 99')).to.be.below(place('99'));
  });

  it('are for probes first: a server with much to do says soon that it lives', async () => {
    const host = new MemoryHost();
    // A run that holds the event loop longer than a turn.
    host.behaviour = () => {
      for (const end = performance.now() + 3; performance.now() < end;);
      return Promise.resolve();
    };
    await using server = await createServer({ host: host.asHost(), port: 0, logger: false });
    let accepted = 0;
    server.http.on('connection', () => accepted++);
    const connections = await Promise.all(names(50).map(() => rawConnection(server.port)));
    const probe = await rawConnection(server.port);
    await until('the connections are accepted, one a turn', () => accepted === 51);
    const body = '{"input_data":[1,0,0,0]}';
    const head = `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    for (const { socket } of connections) socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    let before: number | undefined;
    probe.socket.once('data', () => (before = host.runs));
    probe.socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('all are answered', () => host.runs === 50 && before !== undefined);
    expect(probe.received()).to.match(/^HTTP\/1\.1 200 /);
    expect(before, 'runs before the probe was answered').to.be.below(25);
    probe.socket.destroy();
    for (const { socket } of connections) socket.destroy();
  });
});
