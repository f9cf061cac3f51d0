import { descriptorLimit, descriptorReserve } from './descriptors.js';
import { OpenExchanges } from './open-exchanges.js';
/** Connections beyond the limit, kept for probes: who asks for anything else on one is sent away. */
const spareConnections = 32;
/** Time for a request to come on one of them. */
const spareMs = 1000;
/** One line of the log in so many milliseconds says what happens with every connection just then. */
const quietMs = 10_000;
/**
 * Bounds the connections of a server, by number and by what the system lets it open. Idle connections beyond the bound make
 * room for the next ones, so that a probe always gets in.
 */
export function limitConnections(server, context, maxConnections) {
    new ConnectionLimit(context, maxConnections).guard(server);
}
class ConnectionLimit {
    #context;
    #maxConnections;
    /** Descriptors from this number on are kept for files and probes. */
    #firstSpare;
    #descriptors = descriptorLimit() ?? Infinity;
    #spare = new Set();
    #regular = 0;
    #saidUntil = 0;
    constructor(context, maxConnections) {
        this.#context = context;
        this.#maxConnections = maxConnections;
        this.#firstSpare =
            this.#descriptors - (Number.isFinite(this.#descriptors) ? descriptorReserve(this.#descriptors) : 0);
    }
    guard(server) {
        // What node drops by itself it drops before it is known whether something idle can make room.
        server.maxConnections = this.#maxConnections + 2 * spareConnections;
        server.on('drop', () => this.#context.metrics.connectionDropped());
        server.on('connection', (socket) => this.#accept(socket));
        server.once('listening', () => {
            this.#checkDescriptors();
            server.on('error', (error) => this.#acceptFailed(error));
        });
    }
    #accept(socket) {
        const descriptor = descriptorOf(socket);
        const isScarce = descriptor >= this.#firstSpare;
        if (isScarce)
            this.#sayScarce();
        if (!isScarce && this.#regular < this.#maxConnections) {
            this.#regular++;
            socket.once('close', () => this.#regular--);
        }
        else if (descriptor < this.#descriptors - 8 && this.#makeRoom())
            this.#keep(socket);
        else
            this.#drop(socket);
    }
    /** Whether another spare connection may stay. */
    #makeRoom() {
        if (this.#spare.size < spareConnections)
            return true;
        for (const socket of this.#spare) {
            if (OpenExchanges.of(socket).size > 0)
                continue;
            this.#drop(socket);
            return true;
        }
        return false;
    }
    #keep(socket) {
        const exchanges = OpenExchanges.of(socket);
        exchanges.isSpare = true;
        this.#spare.add(socket);
        const timer = setTimeout(() => {
            if (exchanges.begun === 0)
                this.#drop(socket);
        }, spareMs).unref();
        socket.once('close', () => {
            clearTimeout(timer);
            this.#spare.delete(socket);
        });
    }
    #drop(socket) {
        this.#spare.delete(socket);
        this.#context.metrics.connectionDropped();
        socket.destroy();
    }
    /** The system accepts no more, or not now. */
    #acceptFailed({ code = 'unknown' }) {
        this.#context.metrics.acceptFailed();
        if (code === 'EMFILE' || code === 'ENFILE')
            this.#sayScarce();
        else
            this.#say({ code }, 'connections could not be accepted');
    }
    #sayScarce() {
        this.#say({ maxOpenFiles: this.#descriptors }, 'file descriptors have run out: connections are closed. Raise the limit with ulimit -n, or lower maxConnections');
    }
    #say(record, message) {
        const now = performance.now();
        if (now < this.#saidUntil)
            return;
        this.#saidUntil = now + quietMs;
        this.#context.logger.error(record, message);
    }
    #checkDescriptors() {
        const needed = this.#maxConnections + descriptorReserve(Infinity);
        if (this.#descriptors >= needed)
            return;
        this.#context.logger.warn({ maxOpenFiles: this.#descriptors, maxConnections: this.#maxConnections }, `fewer open files are allowed than maxConnections needs: raise the limit to ${needed} with ulimit -n, or lower maxConnections`);
    }
}
/** The lowest free number is given out, so it tells how many are in use; -1 where the system numbers in other ways. */
function descriptorOf(socket) {
    return socket._handle?.fd ?? -1;
}
