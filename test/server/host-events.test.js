import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { createServer } from '#dist/server/index.js';
import { expectProblem, predict, until } from '../support/server/http.js';
import { keptLogger } from '../support/server/logs.js';
import { features, MemoryHost } from '../support/server/memory-host.js';
const body = JSON.stringify({ input_data: new Array(features).fill(0) });
/** The server's part of a lost device. That the engine reports one right was not tried: it takes a CUDA device. */
describe('a lost device', () => {
    it('is logged once, told once, and answered with 503 for others to take over', async () => {
        const host = new MemoryHost();
        const log = keptLogger();
        let told = 0;
        const server = await createServer({
            host: host.asHost(),
            port: 0,
            logger: log.logger,
            onDeviceFailure: () => told++,
        });
        try {
            expect((await predict(server.url, body)).status).to.equal(200);
            host.behaviour = () => Promise.reject(torchError('ERR_DEVICE_FAILED', 'Device cuda:0 has failed in /secret'));
            host.failures = [{ device: 'cuda:0', reason: 'CUDA error: device-side assert triggered' }];
            for (let i = 0; i < 3; ++i) {
                const answer = await predict(server.url, body);
                expect(answer.status).to.equal(503);
                expect(answer.headers.get('retry-after')).to.match(/^\d+$/);
                expectProblem(answer, { status: 503, code: 'ERR_DEVICE_FAILED' });
                expect(answer.body['detail']).not.to.include('secret');
            }
            const fatal = () => log.lines().filter(({ level }) => level === 'fatal');
            await until('it is logged', () => fatal().length > 0);
            expect(fatal()).to.have.length(1);
            expect(fatal()[0]).to.include({ device: 'cuda:0', reason: 'CUDA error: device-side assert triggered' });
            expect(fatal()[0]?.['msg']).to.match(/restart/);
            expect(told).to.equal(1);
        }
        finally {
            await server.close();
        }
        expect(host.events.listenerCount('run'), 'nobody listens any more').to.equal(0);
    });
});
