/** The open connections of a server of node:http, wherever they were accepted: node counts only those that it accepted itself. */
export class Connections {
    #open = new Set();
    #emptied = [];
    constructor(http) {
        http.on('connection', (socket) => {
            this.#open.add(socket);
            socket.once('close', () => this.#ended(socket));
        });
    }
    get size() {
        return this.#open.size;
    }
    /** Resolves once no connection is open. */
    empty() {
        if (this.#open.size === 0)
            return Promise.resolve();
        return new Promise((resolve) => this.#emptied.push(resolve));
    }
    /** Cuts them, those that node has given out of its hands too. */
    closeAll() {
        for (const socket of this.#open)
            socket.destroy();
    }
    #ended(socket) {
        this.#open.delete(socket);
        if (this.#open.size > 0)
            return;
        for (const resolve of this.#emptied.splice(0))
            resolve();
    }
}
