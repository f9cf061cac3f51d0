// A small HTTP client for loads: ready-made bytes out, status and length of the answer in. It costs a fraction of
// node:http's client, which matters where server and client share the cores.

import { connect } from 'node:net';

/** The bytes of a POST request. */
export function requestBytes(url, { headers, body }) {
  const { host, pathname, search } = new URL(url);
  const lines = { host, ...headers, 'content-length': body.length };
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${pathname}${search} HTTP/1.1\r\n${head.join('')}\r\n`), body]);
}

/** One connection, kept alive and opened again when the server has closed it. `send` may be called when it is idle. */
export class Connection {
  #socket;
  #parts = [];
  #done;
  #target;

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.#target = { host: hostname, port: Number(port), noDelay: true };
  }

  /** Calls `done` with the status, or 0 when the connection broke. */
  send(bytes, done) {
    this.#done = done;
    if (!this.#socket || this.#socket.destroyed || !this.#socket.writable) this.#open();
    this.#socket.write(bytes);
  }

  close() {
    this.#done = undefined;
    this.#socket?.destroy();
  }

  #open() {
    const socket = connect(this.#target);
    this.#socket = socket;
    this.#parts = [];
    socket.on('data', (chunk) => this.#take(socket, chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (socket === this.#socket) this.#settle(0);
    });
  }

  #settle(status) {
    const done = this.#done;
    this.#done = undefined;
    done?.(status);
  }

  #take(socket, chunk) {
    this.#parts.push(chunk);
    const text = Buffer.concat(this.#parts).toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = text.slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (!length) throw new Error(`an answer without content-length: ${head}`);
    if (text.length < end + 4 + Number(length[1])) return;
    this.#parts = [];
    // The server counts requests of a connection and ends it after so many: the next request takes a new one.
    if (/\r\nconnection: *close/i.test(head)) {
      this.#socket = undefined;
      socket.end();
    }
    this.#settle(Number(text.slice(9, 12)));
  }
}
