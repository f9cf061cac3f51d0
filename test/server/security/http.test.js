import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp, createServer } from '#dist/server/index.js';
import { exchangeRaw, expectProblem, predict, until } from '../../support/server/http.js';
import { keptLogger } from '../../support/server/logs.js';
import { MemoryHost } from '../../support/server/memory-host.js';
import { rejection } from '../../support/rejection.js';
const body = '{"input_data":[1,0,0,0]}';
const infer = 'nlt_infer_0123456789abcdefghij';
const admin = 'nlt_admin_0123456789abcdefghij';
const tokens = `ci infer ${infer}\nops admin ${admin}`;
const bearer = (token) => ({ authorization: `Bearer ${token}` });
describe('a server with tokens', () => {
    const host = new MemoryHost();
    const servers = [];
    const serve = async (options = {}) => {
        const server = await createServer({ host: host.asHost(), port: 0, logger: false, drainTimeoutMs: 500, ...options });
        servers.push(server);
        return server;
    };
    afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
    it('answers predictions for a token of scope infer alone, before it looks at the body', async () => {
        const { url } = await serve({ tokens });
        const none = await predict(url, '{');
        expectProblem(none, { status: 401, code: 'ERR_UNAUTHENTICATED' });
        expect(none.headers.get('www-authenticate')).to.equal('Bearer realm="node-libtorch"');
        const wrong = await predict(url, body, bearer(`${infer}x`));
        expectProblem(wrong, { status: 401, code: 'ERR_UNAUTHENTICATED' });
        expect(wrong.headers.get('www-authenticate')).to.equal('Bearer realm="node-libtorch", error="invalid_token"');
        expectProblem(await predict(url, body, bearer(admin)), { status: 403, code: 'ERR_FORBIDDEN' });
        expect((await predict(url, body, bearer(infer))).status).to.equal(200);
        expect(host.runs).to.equal(1);
    });
    it('ignores a token in the query', async () => {
        const { url } = await serve({ tokens });
        for (const name of ['access_token', 'token', 'authorization']) {
            expectProblem(await predict(url, body, {}, `?${name}=${infer}`), { status: 401, code: 'ERR_UNAUTHENTICATED' });
        }
    });
    it('answers probes without one, and metrics to this machine; its description only with one', async () => {
        const { url } = await serve({ tokens });
        const statusOf = async (path, headers = {}) => (await fetch(url + path, { headers })).status;
        for (const path of ['/health/live', '/health/ready', '/metrics'])
            expect(await statusOf(path), path).to.equal(200);
        expect(await statusOf('/openapi.json')).to.equal(401);
        expect(await statusOf('/openapi.json', bearer(infer))).to.equal(200);
    });
    it('keeps tokens out of logs, answers and metrics, and names who called', async () => {
        const log = keptLogger();
        const { url } = await serve({ tokens, logger: log.logger });
        const answers = [await predict(url, body, bearer(infer)), await predict(url, body, bearer(`${infer}x`))];
        answers.push(await predict(url, body, bearer(admin), `?access_token=${infer}`));
        const metrics = await (await fetch(`${url}/metrics`)).text();
        const all = log.text() + metrics + JSON.stringify(answers.map(({ body: sent, headers }) => [sent, ...headers]));
        expect(all).not.to.match(/nlt_/);
        expect(log.lines().find(({ status }) => status === 200)).to.include({ tokenId: 'ci', client: '127.0.0.1' });
        expect(metrics).to.match(/rejected_total\{[^}]*ERR_UNAUTHENTICATED[^}]*\} 1/);
    });
    it('answers 429 to an address with many wrong ones, and to nobody else', async () => {
        const { url, port } = await serve({ tokens });
        const counts = {};
        for (let i = 0; i < 100; i++) {
            const { status, headers } = await predict(url, body, bearer(`wrong-${i}`));
            counts[status] = (counts[status] ?? 0) + 1;
            if (status === 429)
                expect(Number(headers.get('retry-after'))).to.be.within(1, 65);
        }
        expect(counts).to.deep.equal({ 401: 20, 429: 80 });
        expect(await statusFrom('127.0.0.2', port, infer)).to.equal(200);
    });
    it('takes a file of them, and another content of it', async () => {
        const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-tokens-'));
        const tokensFile = join(folder, 'tokens');
        try {
            writeFileSync(tokensFile, `ci infer ${infer}`, { mode: 0o600 });
            const { url } = await serve({ tokensFile });
            expect((await predict(url, body, bearer(infer))).status).to.equal(200);
            writeFileSync(tokensFile, `ci infer ${admin}`);
            await until('the token is revoked', async () => (await predict(url, body, bearer(infer))).status === 401);
            expect((await predict(url, body, bearer(admin))).status).to.equal(200);
        }
        finally {
            rmSync(folder, { recursive: true });
        }
    });
    it('asks inside an app of somebody else, too', async () => {
        const server = createHttpServer(createApp({ host: host.asHost(), logger: false, tokens })).listen(0, '127.0.0.1');
        await until('it listens', () => server.listening);
        const url = `http://127.0.0.1:${server.address().port}`;
        expect((await predict(url, body)).status).to.equal(401);
        expect((await predict(url, body, bearer(infer))).status).to.equal(200);
        server.close();
    });
    it('limits the rate of each client', async () => {
        const { url, port } = await serve({ tokens: `${tokens}\nother infer ${infer}2`, rateLimit: 1, rateBurst: 2 });
        const of = async (token) => (await predict(url, body, bearer(token))).status;
        expect([await of(infer), await of(infer), await of(infer)]).to.deep.equal([200, 200, 429]);
        // From another address it is the same client; with another token it is another.
        expect(await statusFrom('127.0.0.2', port, infer)).to.equal(429);
        expect(await of(`${infer}2`)).to.equal(200);
        expect((await fetch(`${url}/health/live`)).status).to.equal(200);
    });
});
describe('an address to listen on', () => {
    const host = new MemoryHost();
    const open = (options) => createServer({ host: host.asHost(), port: 0, logger: false, ...options });
    for (const hostname of ['0.0.0.0', '::']) {
        it(`that others reach, ${hostname}, needs tokens or a word that it does not`, async () => {
            const error = await rejection(open({ hostname }));
            expect(error).to.have.property('code', 'ERR_CONFIG');
            expect(error.message).to.include(hostname).and.include('tokensFile').and.include('--insecure');
            await (await open({ hostname, tokens })).close();
            await (await open({ hostname, insecure: true })).close();
        });
    }
    it('of this machine needs nothing', async () => {
        for (const hostname of ['127.0.0.1', 'localhost', '127.0.0.2'])
            await (await open({ hostname })).close();
    });
});
describe('a server that only this machine reaches', () => {
    const host = new MemoryHost();
    let server;
    before(async () => {
        server = await createServer({ host: host.asHost(), port: 0, logger: false, allowedHosts: ['models.example'] });
    });
    after(() => server.close());
    const ask = (headers, path = '/predict') => exchangeRaw(server.port, `POST ${path} HTTP/1.1\r\n${headers}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    const get = (path, name) => exchangeRaw(server.port, `GET ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
    const own = ['localhost', 'LocalHost:8000', '127.0.0.1', '127.0.0.1:1', '[::1]:8000', 'models.example', ''];
    for (const name of own) {
        it(`answers to the name "${name}"`, async () => expect(await ask(`Host: ${name}`)).to.match(/^HTTP\/1.1 200/));
    }
    const foreign = ['evil', 'evil.example:8000', 'localhost.evil', '127.0.0.1.nip.io', 'a.models.example', '10.0.0.1'];
    for (const name of foreign) {
        it(`answers 403 to the name "${name}", whatever the path`, async () => {
            for (const answer of [
                await ask(`Host: ${name}`),
                await ask(`Host: ${name}`, '/nowhere'),
                await get('/metrics', name),
                await get('/openapi.json', name),
                await get('/health/live', name),
            ]) {
                expect(answer)
                    .to.match(/^HTTP\/1.1 403/)
                    .and.include('"code":"ERR_FORBIDDEN"')
                    .and.include('allowedHosts');
                expect(answer).not.to.match(/access-control/i);
            }
        });
    }
    const origins = [
        ['http://evil.example', 403],
        ['null', 403],
        ['http://localhost:3000', 403],
        ['https://models.example', 200],
        ['http://localhost', 200],
    ];
    for (const [origin, status] of origins) {
        it(`answers ${status} to a page of ${origin}`, async () => {
            const answer = await ask(`Host: localhost\r\nOrigin: ${origin}`);
            expect(answer)
                .to.match(new RegExp(`^HTTP/1.1 ${status}`))
                .and.not.match(/access-control/i);
        });
    }
    it('answers no preflight of another page, and lets none read', async () => {
        const preflight = `OPTIONS /predict HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\n\r\n`;
        const answer = await exchangeRaw(server.port, preflight);
        expect(answer)
            .to.match(/^HTTP\/1.1 403/)
            .and.not.match(/access-control/i);
    });
    it('takes no form or text that a page may send without asking', async () => {
        for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
            expect((await predict(server.url, body, { 'content-type': type })).status).to.equal(415);
        }
        expect(await ask('Host: localhost\r\nSec-Fetch-Site: cross-site')).to.match(/^HTTP\/1.1 403/);
        expect(host.runs).to.equal(own.length + 2);
    });
    it('leaves names alone where others reach it, and where every name is allowed', async () => {
        const options = { host: host.asHost(), port: 0, logger: false };
        for (const more of [{ hostname: '0.0.0.0', insecure: true }, { allowedHosts: ['*'] }]) {
            const other = await createServer({ ...options, ...more });
            const answer = await exchangeRaw(other.port, 'GET /health/live HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n');
            expect(answer).to.match(/^HTTP\/1.1 200/);
            await other.close();
        }
    });
});
/** The status of a prediction that comes from an address of this machine. */
function statusFrom(localAddress, port, token) {
    return new Promise((resolve, reject) => {
        const headers = { ...bearer(token), 'content-type': 'application/json' };
        const req = request({
            host: '127.0.0.1',
            port,
            path: '/predict',
            method: 'POST',
            localAddress,
            headers,
            agent: false,
        });
        req.on('error', reject).on('response', (res) => {
            res.resume();
            resolve(res.statusCode);
        });
        req.end(body);
    });
}
