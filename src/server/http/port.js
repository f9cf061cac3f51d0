import { createServer, Server as NetServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { torchError, warnOf } from '../../errors.js';
import { connectionRoom } from './descriptors.js';
/** Opens a port for a server. @throws ERR_CONFIG when the address cannot be listened on */
export async function listenOn(http, hostname, port) {
    await bind(http, hostname, port);
    return intakeOf(http);
}
/** Opens a port before there is a server. @throws ERR_CONFIG when the address cannot be listened on */
export async function openPort(hostname, port) {
    const waiting = [];
    const room = connectionRoom();
    let closed = 0;
    let take = (socket) => {
        if (waiting.length < room)
            waiting.push(socket);
        else {
            closed++;
            socket.destroy();
        }
    };
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) => {
        take(socket);
    });
    await bind(server, hostname, port);
    // The system accepts no connection, for want of file descriptors say: without a listener it would end the process.
    server.on('error', warnOf);
    const passTo = (next) => {
        take = next;
        for (const socket of waiting.splice(0))
            next(socket);
    };
    return {
        address: server.address(),
        get closed() {
            return closed;
        },
        async listen(http, connections) {
            await new Promise((resolve) => http.listen(server, resolve));
            for (let dropped = 0; dropped < closed; dropped++)
                http.emit('drop');
            passTo((socket) => inject(http, connections, socket));
            return intakeOf(http);
        },
        passTo(next) {
            passTo(next);
            return intakeOf(server);
        },
        close() {
            passTo((socket) => void socket.destroy());
            server.close();
        },
    };
}
/** Makes a connection that was accepted elsewhere one of a server's own, within its limit of connections. */
export function inject(http, connections, socket) {
    if (connections.size >= http.maxConnections) {
        http.emit('drop');
        socket.destroy();
        return;
    }
    // A client may end its side before it has the answer: node:http sets this for the connections that it accepts itself.
    socket.allowHalfOpen = true;
    http.emit('connection', socket);
    socket.resume();
}
function intakeOf(server) {
    return {
        address: server.address(),
        async stop() {
            await quietTurn(server);
            // The close of node:http would also close idle connections, at once, and stop checking the time limits. Bun's server is
            // no server of node:net: it has that close only.
            if (server instanceof NetServer)
                NetServer.prototype.close.call(server);
            else
                server.close();
        },
    };
}
const quietMs = 0.5;
const mostTurns = 500;
/** A server whose turns are long is never quiet: it stops all the same. */
const longestMs = 1000;
/**
 * Waits for a turn of the event loop that found no connection to accept, and in which next to nothing else happened. The
 * kernel resets connections that have arrived and are not accepted when the port closes, so little may happen between the two.
 */
async function quietTurn(server) {
    let accepted;
    const onConnection = () => {
        accepted = true;
    };
    server.on('connection', onConnection);
    // The first turn ends where this one stands: it accepts nothing.
    await turn();
    const until = performance.now() + longestMs;
    for (let turns = 0; turns < mostTurns; turns++) {
        accepted = false;
        const began = performance.now();
        if (began > until)
            break;
        await turn();
        // libuv accepts one connection a turn.
        if (!accepted && performance.now() - began < quietMs)
            break;
    }
    server.off('connection', onConnection);
}
function bind(server, hostname, port) {
    return new Promise((resolve, reject) => {
        const onError = (cause) => {
            const why = cause.code === 'EADDRINUSE' ? 'it is in use' : (cause.code ?? cause.message);
            reject(torchError('ERR_CONFIG', `Expected a free address but ${hostname}:${port} cannot be listened on: ${why}`, {
                cause,
            }));
        };
        server.once('error', onError);
        server.listen(port, hostname, () => {
            server.off('error', onError);
            resolve();
        });
    });
}
