import { expect } from 'chai';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, TLSSocket } from 'node:tls';
import { createServer } from '#dist/server/index.js';
import { readTls } from '#dist/server/security/tls.js';
import { caught } from '../../support/caught.js';
import { rejection } from '../../support/rejection.js';
import { Authority } from '../../support/server/certificates.js';
import { until } from '../../support/server/http.js';
import { keptLogger } from '../../support/server/logs.js';
import { MemoryHost } from '../../support/server/memory-host.js';
describe('an encrypted server', () => {
    const host = new MemoryHost();
    const body = '{"input_data":[1,0,0,0]}';
    let folder;
    let authority;
    let pair;
    let next;
    let client;
    const servers = [];
    before(() => {
        folder = mkdtempSync(join(tmpdir(), 'node-libtorch-tls-'));
        authority = new Authority(folder);
        [pair, next, client] = [authority.issue('one'), authority.issue('two'), authority.issue('client')];
    });
    after(() => rmSync(folder, { recursive: true }));
    afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));
    const serve = async (options = {}) => {
        const files = { tlsCert: pair.cert, tlsKey: pair.key };
        const common = { host: host.asHost(), port: 0, logger: false, drainTimeoutMs: 500 };
        const server = await createServer({ ...common, ...files, ...options });
        servers.push(server);
        return server;
    };
    const trust = () => ({ ca: authority.text });
    const shown = () => ({ cert: readFileSync(client.cert), key: readFileSync(client.key) });
    /** One prediction, and the name in the server's certificate. */
    const ask = (port, options = {}) => new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': body.length };
        const where = { host: '127.0.0.1', port, path: '/predict', method: 'POST', headers, agent: false };
        const req = request({ ...where, ...trust(), ...options }, (res) => {
            const { socket } = res;
            const CN = socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : 'none';
            res.resume().on('end', () => resolve({ status: res.statusCode, name: String(CN) }));
        });
        req.on('error', reject).end(body);
    });
    it('answers over TLS, and says so in its URL', async () => {
        const { url, port } = await serve();
        expect(url).to.equal(`https://127.0.0.1:${port}`);
        expect(await ask(port)).to.deep.equal({ status: 200, name: 'one' });
        expect((await rejection(ask(port, { ca: [] }))).message).to.match(/certificate|issuer/);
    });
    it('speaks TLS 1.2 and later', async () => {
        const { port } = await serve();
        expect((await ask(port, { maxVersion: 'TLSv1.2' })).status).to.equal(200);
        const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' };
        expect((await rejection(ask(port, { ...old, ciphers: 'DEFAULT@SECLEVEL=0' }))).message).to.match(/protocol|alert/i);
    });
    it('closes connections that speak something else, or nothing, and goes on', async () => {
        const log = keptLogger();
        const { port } = await serve({ logger: log.logger, headersTimeoutMs: 200 });
        const plain = connectPlain(port, '127.0.0.1').on('error', () => undefined);
        plain.write('POST /predict HTTP/1.1\r\nHost: localhost\r\n\r\n');
        const silent = connectPlain(port, '127.0.0.1').on('error', () => undefined);
        await Promise.all([once(plain, 'close'), once(silent, 'close')]);
        expect((await ask(port)).status).to.equal(200);
    });
    it('bounds connections, and answers probes over the spare ones', async () => {
        const { port } = await serve({ maxConnections: 1 });
        const idle = connect({ port, host: '127.0.0.1', ...trust() });
        await once(idle, 'secureConnect');
        expect((await ask(port)).status).to.equal(429);
        idle.destroy();
    });
    it('closes with connections that say nothing', async () => {
        const server = await serve();
        const idle = connect({ port: server.port, host: '127.0.0.1', ...trust() });
        await once(idle, 'secureConnect');
        const ended = once(idle, 'close');
        await server.close();
        await ended;
    });
    it('asks clients for a certificate of the authority (mTLS)', async () => {
        const { port } = await serve({ tlsCa: authority.cert });
        expect((await ask(port, shown())).status).to.equal(200);
        expect(await rejection(ask(port))).to.have.property('code');
        const strangers = mkdtempSync(join(tmpdir(), 'node-libtorch-tls-'));
        const stranger = new Authority(strangers).issue('stranger');
        const theirs = { cert: readFileSync(stranger.cert), key: readFileSync(stranger.key) };
        expect(await rejection(ask(port, theirs))).to.have.property('code');
        rmSync(strangers, { recursive: true });
    });
    it('may listen where others reach it, when clients show certificates', async () => {
        const server = await serve({ hostname: '0.0.0.0', tlsCa: authority.cert });
        expect((await ask(server.port, shown())).status).to.equal(200);
        expect((await rejection(serve({ hostname: '0.0.0.0' }))).code).to.equal('ERR_CONFIG');
    });
    it('takes a new pair without a restart, and keeps the old one while the new one is broken', async () => {
        const log = keptLogger();
        const live = { cert: join(folder, 'live.crt'), key: join(folder, 'live.key') };
        copyFileSync(pair.cert, live.cert);
        copyFileSync(pair.key, live.key);
        const { port } = await serve({ tlsCert: live.cert, tlsKey: live.key, logger: log.logger });
        const open = connect({ port, host: '127.0.0.1', ...trust() });
        await once(open, 'secureConnect');
        copyFileSync(next.cert, live.cert);
        await until('the pair does not match', () => log.text().includes('the one before goes on'));
        expect((await ask(port)).name).to.equal('one');
        copyFileSync(next.key, live.key);
        await until('the new one is there', async () => (await ask(port)).name === 'two');
        writeFileSync(live.cert, 'broken');
        await until('it is broken', () => log.text().split('the one before goes on').length > 2);
        expect((await ask(port)).name).to.equal('two');
        // A connection of before goes on.
        open.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        const [answer] = (await once(open, 'data'));
        expect(answer.toString()).to.match(/^HTTP\/1.1 200/);
        expect(log.text()).not.to.include('PRIVATE KEY');
    });
    it('does not begin with files that are missing, broken or of two pairs', () => {
        const bad = join(folder, 'bad.pem');
        writeFileSync(bad, 'no PEM');
        const of = (cert, key, ca) => caught(() => readTls({ cert, key, ca }), 'ERR_CONFIG').message;
        expect(of(join(folder, 'none'), pair.key)).to.match(/tlsCert at .*none \(ENOENT\)/);
        expect(of(bad, pair.key)).to.match(/a certificate in PEM for tlsCert/);
        expect(of(pair.cert, bad)).to.match(/a private key in PEM .* for tlsKey/);
        expect(of(pair.cert, next.key)).to.match(/Expected in tlsKey .* the key of the certificate/);
        expect(of(pair.cert, pair.key, bad)).to.match(/for tlsCa/);
    });
    it('needs both the certificate and the key', async () => {
        for (const more of [{ tlsCert: pair.cert }, { tlsKey: pair.key }, { tlsCa: authority.cert }]) {
            const error = await rejection(createServer({ host: host.asHost(), port: 0, logger: false, ...more }));
            expect(error.message).to.include('tlsCert and tlsKey together');
        }
    });
});
