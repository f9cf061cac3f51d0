import { expect } from 'chai';
import { Distributor } from '#dist/cli/cluster/distributor.js';
import { Watchdog } from '#dist/cli/cluster/watchdog.js';
/** What a worker was sent: numbers of connections and the connections. */
class Peer {
    connected = true;
    got = [];
    heard = [];
    process = {
        send: ({ number }, socket) => void this.got.push([number, socket]),
    };
    isConnected() {
        return this.connected;
    }
    send({ kind }) {
        this.heard.push(kind);
    }
    get worker() {
        return this;
    }
}
class Connection {
    name;
    destroyed = false;
    constructor(name) {
        this.name = name;
    }
    destroy() {
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
    const offer = (to, ...names) => names.map((name) => {
        const connection = new Connection(name);
        to.offer(connection, 'http');
        return connection;
    });
    const namesOf = ({ got }) => got.map(([, socket]) => socket.name);
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
        const hanging = [];
        const watchdog = new Watchdog(2, (worker) => void hanging.push(worker));
        const [quiet, lively, gone] = [new Peer(), new Peer(), new Peer()];
        for (const { worker } of [quiet, lively, gone])
            watchdog.add(worker);
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
