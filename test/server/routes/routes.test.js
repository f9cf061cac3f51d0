import { expect } from 'chai';
import request from 'supertest';
import { createApp } from '#dist/server/index.js';
import { MemoryHost } from '../../support/server/memory-host.js';
const routes = ['/health/live', '/health/ready', '/metrics', '/openapi.json'];
describe('routes', () => {
    const host = new MemoryHost();
    const app = createApp({ host: host.asHost(), logger: false });
    beforeEach(() => (host.state = 'ready'));
    const problem = (response, status, code) => {
        expect(response.status).to.equal(status);
        expect(response.type).to.equal('application/problem+json');
        expect(response.body).to.include({ status, code, requestId: response.headers['x-request-id'] });
    };
    it('is live whatever the host does', async () => {
        host.state = 'loading';
        const response = await request(app).get('/health/live');
        expect(response.status).to.equal(200);
        expect(response.body).to.deep.equal({ status: 'live' });
    });
    it('is neither live nor ready once a device of its models is lost', async () => {
        host.failures = [{ device: 'cuda:1', reason: 'CUDA error: an illegal memory access was encountered' }];
        const alive = await request(app).get('/health/live');
        expect(alive.status).to.equal(503);
        expect(alive.body).to.deep.equal({ status: 'failed', devices: ['cuda:1'] });
        const ready = await request(app).get('/health/ready');
        expect(ready.status).to.equal(503);
        expect(ready.body).to.include({ status: 'failed' });
        host.failures = [];
        expect((await request(app).get('/health/live')).status).to.equal(200);
    });
    it('is ready with the models it serves', async () => {
        const response = await request(app).get('/health/ready');
        expect(response.status).to.equal(200);
        expect(response.body).to.deep.equal({
            status: 'ready',
            models: [
                { name: 'tiny', version: 'v1.0' },
                { name: 'tiny', version: 'v2.0' },
            ],
        });
    });
    it('is not ready while the host loads, drains or is closed', async () => {
        for (const state of ['loading', 'draining', 'closed']) {
            host.state = state;
            const response = await request(app).get('/health/ready');
            expect(response.status).to.equal(503);
            expect(response.body).to.include({ status: state });
            expect(response.headers['retry-after']).to.match(/^\d+$/);
        }
    });
    it('answers HEAD as GET, without a body', async () => {
        for (const route of routes) {
            const response = await request(app).head(route);
            expect(response.status, route).to.equal(200);
            expect(response.text ?? '').to.equal('');
            expect(Number(response.headers['content-length'])).to.be.above(0);
        }
    });
    it('answers OPTIONS with what a route allows', async () => {
        for (const route of routes) {
            const response = await request(app).options(route);
            expect(response.status).to.equal(204);
            expect(response.headers['allow']).to.equal('GET, HEAD, OPTIONS');
        }
        expect((await request(app).options('/predict')).headers['allow']).to.equal('POST, OPTIONS');
    });
    it('refuses other methods and names the right ones', async () => {
        for (const method of ['put', 'delete', 'patch', 'post']) {
            for (const route of routes) {
                const response = await request(app)[method](route).send({ a: 1 });
                problem(response, 405, 'ERR_METHOD_NOT_ALLOWED');
                expect(response.headers['allow']).to.equal('GET, HEAD, OPTIONS');
            }
        }
        const response = await request(app).get('/predict');
        problem(response, 405, 'ERR_METHOD_NOT_ALLOWED');
        expect(response.headers['allow']).to.equal('POST, OPTIONS');
    });
    it('answers unknown routes in JSON', async () => {
        for (const path of [
            '/nope',
            '/Predict',
            '/health',
            '/predict/x',
            '/%2e%2e%2fetc/passwd',
            '/a%00',
            '/a%0d%0aX:y',
        ]) {
            problem(await request(app).get(path), 404, 'ERR_ROUTE_NOT_FOUND');
        }
    });
    it('refuses broken percent-encoding', async () => {
        problem(await request(app).get('/health/%E0%A4%A'), 400, 'ERR_BAD_REQUEST');
    });
    it('takes over a harmless request id and replaces any other', async () => {
        const taken = await request(app).get('/health/live').set('x-request-id', 'abc-1.2_Z');
        expect(taken.headers['x-request-id']).to.equal('abc-1.2_Z');
        for (const id of ['', 'a b', 'x'.repeat(129), 'a"b', 'é']) {
            const response = await request(app).get('/health/live').set('x-request-id', encodeURI(id));
            expect(response.headers['x-request-id']).to.match(/^[\da-f]{8}-[\da-f-]{27}$/);
        }
    });
    it('sends the security headers and none that names the software', async () => {
        for (const path of [...routes, '/nope']) {
            const { headers } = await request(app).get(path);
            expect(headers, path).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
            expect(headers).not.to.have.any.keys('x-powered-by', 'etag', 'server');
        }
    });
    it('answers a failure of a handler in JSON, and tells nothing', async () => {
        const host = new MemoryHost();
        const broken = createApp({ host: host.asHost(), logger: false });
        host.list = () => {
            throw new Error('secret at /work/x.ts');
        };
        const response = await request(broken).get('/health/ready');
        problem(response, 500, 'ERR_INTERNAL');
        expect(response.text).not.to.include('secret');
    });
});
