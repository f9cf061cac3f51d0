import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
/** A server of a folder's files that knows ranges, and misbehaves when it is told to. */
export async function serveMirror(folder) {
    const requests = [];
    const instead = [];
    const server = createServer((request, response) => {
        const name = basename(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
        requests.push(`${request.headers.range ?? '-'} ${name}`);
        let file;
        try {
            file = readFileSync(join(folder, name));
        }
        catch {
            response.writeHead(404).end();
            return;
        }
        (instead.shift() ?? wholeOrPart)(request, response, file);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `http://127.0.0.1:${server.address().port}/wheels`,
        requests,
        instead,
        [Symbol.asyncDispose]: async () => {
            server.closeAllConnections();
            server.close();
            await once(server, 'close');
        },
    };
}
const wholeOrPart = (request, response, file) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    if (from < 0)
        response.writeHead(200, { 'content-length': file.length }).end(file);
    else if (from >= file.length)
        response.writeHead(416).end();
    else {
        const range = `bytes ${from}-${file.length - 1}/${file.length}`;
        response.writeHead(206, { 'content-range': range }).end(file.subarray(from));
    }
};
/** Sends the first bytes of what was asked for, and cuts the connection. */
export const cutAfter = (bytes) => (_request, response, file) => {
    response.writeHead(200, { 'content-length': file.length });
    response.write(file.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
};
export const redirectTo = (location) => (_request, response) => {
    response.writeHead(302, { location }).end();
};
