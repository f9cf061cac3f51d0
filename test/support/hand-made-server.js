import { once } from 'node:events';
import { createServer } from 'node:http';
/** @param metadata answers of GET, by path; other paths and POST are for the handlers */
export async function handMade(metadata = {}) {
    const seen = [];
    let handlers = [];
    let next = 0;
    const server = createServer((request, response) => {
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('error', () => undefined);
        request.on('end', () => {
            const { method = '', url: path = '', headers, socket } = request;
            const known = method === 'GET' ? metadata[path] : undefined;
            if (known) {
                json(200, known)(undefined, response);
                return;
            }
            const one = { method, path, headers, body: Buffer.concat(chunks), socket };
            seen.push(one);
            const handler = handlers[Math.min(next++, handlers.length - 1)];
            if (handler)
                handler(one, response);
            else
                response.writeHead(500).end();
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        seen,
        answer(...given) {
            handlers = given;
            next = 0;
            seen.length = 0;
        },
        async close() {
            server.closeAllConnections();
            server.close();
            await once(server, 'close');
        },
    };
}
export function json(status, body, headers = {}) {
    return (_seen, response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(body));
    };
}
export function text(status, body, headers = {}) {
    return (_seen, response) => void response.writeHead(status, headers).end(body);
}
