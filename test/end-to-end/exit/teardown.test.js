import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { digitModel, fixture, root } from '../../support/paths.js';
const runs = Number(process.env.NODE_LIBTORCH_EXIT_RUNS ?? 30);
/** Side by side, as many as there are cores. */
const parallel = 2;
/** Ways to end a process or a worker while a model runs or loads, and the exit code each must have. */
const scenarios = [
    { name: 'the process exits mid-run', file: 'exit-mid-run.mjs', code: 3 },
    { name: 'the process ends by itself, its runs aborted', file: 'end-by-itself.mjs', code: 0 },
    { name: 'a worker is terminated mid-run', file: 'terminate-mid-run.mjs', code: 0 },
    { name: 'a worker is terminated during a load', file: 'terminate-mid-load.mjs', code: 0 },
    { name: 'process.exit() in a worker mid-run', file: 'worker-exit.mjs', code: 0 },
    { name: 'an uncaught throw mid-run', file: 'uncaught.mjs', code: 1 },
    { name: 'the process exits while a worker runs', file: 'exit-while-worker-runs.mjs', code: 4 },
    { name: 'a model is forgotten, never disposed', file: 'forgotten.mjs', code: 0 },
];
describe('teardown', function () {
    this.timeout(runs * 10_000);
    for (const { name, file, code } of scenarios) {
        it(`${name}: ${runs} runs end with code ${code}, no signal, no hang`, async () => {
            for (let done = 0; done < runs; done += parallel) {
                const endings = await Promise.all(Array.from({ length: Math.min(parallel, runs - done) }, () => play(file)));
                for (const ending of endings) {
                    expect(ending, ending.output).to.deep.include({ code, signal: null });
                    expect(ending.milliseconds, 'ms until it ended').to.be.below(10_000);
                }
            }
        });
    }
    it('a run that does not end is left behind after 5 s, and the process still ends with its code', async () => {
        const ending = await play('stuck.mjs');
        expect(ending, ending.output).to.deep.include({ code: 7, signal: null });
        expect(ending.milliseconds).to.be.within(4_500, 12_000);
        expect(ending.output).to.match(/left behind/);
    });
    it('a worker whose run does not end is left behind, and the process lives on and ends with its code', async () => {
        const ending = await play('stuck-worker.mjs');
        expect(ending, ending.output).to.deep.include({ code: 8, signal: null });
        expect(ending.output).to.match(/left behind/);
    });
});
function play(file) {
    const started = performance.now();
    const child = spawn(process.execPath, [`${root}test/end-to-end/exit/scenarios/${file}`, fixture('torchscript/slow.pt'), digitModel], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000, killSignal: 'SIGKILL' });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk.toString()));
    child.stderr.on('data', (chunk) => (output += chunk.toString()));
    return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => {
            resolve({ code, signal, milliseconds: performance.now() - started, output });
        });
    });
}
