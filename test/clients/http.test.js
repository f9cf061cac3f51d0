/**
 * The clients that people have, as they come from PyPI, drive every call that they have. The numbers of their answers are those
 * of `model.run`, bit for bit. This needs Python, and fails where the clients cannot be installed.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ModelHost } from '#dist/index.js';
import { datatypeOf } from '#dist/protocol/datatype.js';
import { createServer } from '#dist/server/index.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { jsonOf, oipCases, oipModels } from '../support/oip-cases.js';
import { root } from '../support/paths.js';
const run = promisify(execFile);
describe('Python clients over HTTP', function () {
    this.timeout(600_000);
    let python;
    let host;
    let server;
    let cases;
    before(async () => {
        python = (await run('bash', [`${root}scripts/clients/env.sh`])).stdout.trim();
        host = await ModelHost.open({ models: oipModels });
        server = await createServer({ host, port: 0, logger: false });
        cases = await oipCases(host);
    });
    after(async () => {
        await server?.close();
        await host?.close();
    });
    const named = ({ name, content }) => jsonOf(content, name, content instanceof Tensor ? datatypeOf(content.dtype) : 'BYTES');
    async function drive(script) {
        const job = {
            url: `127.0.0.1:${server.port}`,
            cases: cases.map((each) => ({ ...each, inputs: each.inputs.map(named), outputs: each.outputs.map(named) })),
        };
        const child = run(python, [`${root}test/clients/${script}`], { maxBuffer: 2 ** 24 });
        child.child.stdin?.end(JSON.stringify(job));
        const { stdout } = await child;
        return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    }
    it('tritonclient, sync and asyncio, gets the answers of model.run', async () => {
        const { calls } = await drive('http_triton.py');
        expect(calls).to.be.above(2 * 19 * cases.length);
    });
    it('InferenceRESTClient of KServe gets the answers of model.run', async () => {
        const { calls } = await drive('http_kserve.py');
        expect(calls).to.be.above(2 * cases.length);
    });
});
