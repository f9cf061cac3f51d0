/** Of the two directions the one that tensors come in: what a client may send before it waits for word. */
const windowBytes = 2 ** 20;
const connectionWindowBytes = 4 * windowBytes;
/** The open connections of a gRPC server, bounded. Idle ones beyond the bound make room for others. */
export class GrpcConnections {
    #context;
    #limits;
    #sockets = new Set();
    /** Calls that are open on each. */
    #sessions = new Map();
    #silent = new Map();
    #emptied = [];
    constructor(context, limits) {
        this.#context = context;
        this.#limits = limits;
    }
    /** Follows what a server of node:http2 does with its connections. */
    follow(http2) {
        http2.updateSettings({ initialWindowSize: windowBytes });
        http2.on('session', (session) => this.#opened(session));
    }
    /** Takes a connection, or closes it where there are too many. */
    take(socket, inject) {
        if (this.#sockets.size >= this.#limits.maxConnections && !this.#makeRoom()) {
            this.#context.metrics.connectionDropped();
            socket.destroy();
            return;
        }
        this.#sockets.add(socket);
        const key = keyOf(socket);
        this.#silent.set(key, setTimeout(() => socket.destroy(), this.#limits.headersTimeoutMs));
        socket.once('close', () => {
            this.#spoke(key);
            this.#sockets.delete(socket);
            if (this.#sockets.size > 0)
                return;
            for (const resolve of this.#emptied.splice(0))
                resolve();
        });
        // What a client does to its connection is no news.
        socket.on('error', () => undefined);
        inject(socket);
        socket.resume();
    }
    /** Tells every client to send nothing new here. Connections close when their calls have ended. */
    goAway() {
        for (const session of this.#sessions.keys())
            if (!session.closed)
                session.close();
    }
    /** Resolves once no connection is open. */
    empty() {
        if (this.#sockets.size === 0)
            return Promise.resolve();
        return new Promise((resolve) => this.#emptied.push(resolve));
    }
    closeAll() {
        for (const session of this.#sessions.keys())
            session.destroy();
        for (const socket of this.#sockets)
            socket.destroy();
    }
    #opened(session) {
        this.#sessions.set(session, 0);
        session.setLocalWindowSize(connectionWindowBytes);
        session.once('remoteSettings', () => this.#spoke(keyOf(session.socket)));
        session.once('close', () => this.#sessions.delete(session));
        session.on('error', () => undefined);
        session.on('stream', (stream) => {
            this.#count(session, 1);
            stream.once('close', () => this.#count(session, -1));
        });
    }
    #count(session, change) {
        const calls = this.#sessions.get(session);
        if (calls !== undefined)
            this.#sessions.set(session, calls + change);
    }
    /** Closes the connection that has been idle and is the oldest. */
    #makeRoom() {
        for (const [session, calls] of this.#sessions) {
            if (calls > 0 || session.closed)
                continue;
            session.close();
            return true;
        }
        return false;
    }
    #spoke(key) {
        clearTimeout(this.#silent.get(key));
        this.#silent.delete(key);
    }
}
/** The same for a connection and for the encrypted one over it. */
function keyOf({ remoteAddress, remotePort }) {
    return `${remoteAddress} ${remotePort}`;
}
