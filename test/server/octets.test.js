import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import express from 'express';
import { createApp, createServer } from '#dist/server/index.js';
import { expectProblem, predict } from '../support/server/http.js';
import { features, MemoryHost } from '../support/server/memory-host.js';
import { badOctets, octets, octetStream } from '../support/server/octets.js';
const rows = [
    [1, 0, 0, 0.25],
    [0, 1, 0.5, 0],
    [0.1, 0.2, 1, 1],
];
describe('POST /predict with raw numbers', () => {
    const host = new MemoryHost();
    let server;
    let listener;
    let mounted;
    before(async () => {
        server = await createServer({ host: host.asHost(), port: 0, logger: false });
        const app = express()
            .disable('x-powered-by')
            .use('/ml', createApp({ host: host.asHost(), logger: false }));
        listener = app.listen(0, '127.0.0.1');
        await new Promise((resolve) => listener.once('listening', resolve));
        mounted = `http://127.0.0.1:${listener.address().port}/ml`;
    });
    after(async () => {
        listener.close();
        await server.close();
    });
    const send = (values, query = '', url = server.url) => predict(url, octets(values), octetStream, query);
    it('answers as it answers JSON', async () => {
        for (const url of [server.url, mounted]) {
            const { body: answer } = await send(rows.flat(), '', url);
            const { body } = await predict(url, JSON.stringify({ input_data: rows.flat(), batch_size: 3 }));
            expect(answer).to.deep.equal(body);
            expect(answer['predictions']).to.deep.equal([0, 1, 2]);
        }
    });
    it('takes 128 rows of the version named', async () => {
        const { body } = await send(new Array(128 * 2).fill(0.5), '?model_version=v2.0');
        expect(body['predictions']).to.have.length(128);
        expect(body['model_version']).to.equal('v2.0');
    });
    it('takes compressed bytes, and parameters of the type', async () => {
        const type = { 'content-type': 'Application/Octet-Stream; x=1', 'content-encoding': 'gzip' };
        expect((await predict(server.url, gzipSync(octets(rows[0] ?? [])), type)).status).to.equal(200);
    });
    for (const [place, url] of [
        ['in front of the app', () => server.url],
        ['mounted under /ml', () => mounted],
    ]) {
        for (const { name, body, headers, query, status, code, pointer } of badOctets(features)) {
            it(`refuses ${name} with ${status} ${code}, ${place}`, async () => {
                const { runs } = host;
                const answer = await predict(url(), body, headers, query);
                expectProblem(answer, { status, code });
                expect(answer.body['errors']?.[0]?.pointer).to.equal(pointer);
                expect(host.runs, 'runs').to.equal(runs);
                expect((await send(rows[1] ?? [])).body['predictions']).to.deep.equal([1]);
            });
        }
    }
    it('lists 16 faults at most, and each where it is', async () => {
        const { body } = await send(new Array(128 * features).fill(7));
        expect(body['errors'].map(({ pointer }) => pointer)).to.deep.equal(Array.from({ length: 16 }, (_, index) => `/input_data/${index}`));
    });
    it('uses the bytes that a parser before it has read, and nothing made of them', async () => {
        const raw = express()
            .disable('x-powered-by')
            .use(express.raw({ type: '*/*' }), createApp({ host: host.asHost(), logger: false }));
        const text = express()
            .disable('x-powered-by')
            .use(express.text({ type: '*/*' }), createApp({ host: host.asHost(), logger: false }));
        for (const [app, status] of [
            [raw, 200],
            [text, 422],
        ]) {
            const other = app.listen(0, '127.0.0.1');
            await new Promise((resolve) => other.once('listening', resolve));
            const url = `http://127.0.0.1:${other.address().port}`;
            expect((await send(rows[0] ?? [], '', url)).status).to.equal(status);
            other.close();
        }
    });
});
