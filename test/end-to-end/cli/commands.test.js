import { expect } from 'chai';
import { spawn, spawnSync } from 'node:child_process';
import { createServer as createNetServer } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
const root = new URL('../../../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));
const main = path('dist/cli/main.js');
const request = path('models/mnist-mlp/v1.0/digit.json');
const { digits } = JSON.parse(readFileSync(path('test/fixtures/digits.json'), 'utf8'));
const digit = digits[0];
function cli(args, input) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
        encoding: 'utf8',
        ...(input !== undefined && { input: JSON.stringify(input) }),
    });
    return { status, stdout, stderr };
}
describe('node-libtorch run', () => {
    it('prints what PyTorch answers', () => {
        const { status, stdout, stderr } = cli(['run', 'mnist-mlp', '--input', '-', '--json'], [digit.input]);
        expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
        const { output, timings, device } = JSON.parse(stdout);
        expect(output).to.include({ dtype: 'float32' }).and.have.property('shape').that.deep.equals([1, 10]);
        for (const [index, logit] of digit.logits.entries())
            expect(output.data[index]).to.be.closeTo(logit, 1e-4);
        expect(timings.runMs).to.be.greaterThan(0);
        expect(device).to.match(/^(cpu|cuda:0)$/);
    });
    it('prints for people, and calls other methods of a file', () => {
        const file = path('test/fixtures/torchscript/linear.pt');
        const { status, stdout } = cli(['run', file, '--input', '-'], [[1, 2, 3, 4]]);
        expect(status).to.equal(0);
        expect(stdout).to.match(/^float32 \[1, 3\]\n\[ \[ .* \] \]\n$/);
    });
    it('fails with one line', () => {
        const wrong = cli(['run', 'mnist-mlp', '--input', '-'], [[1, 2, 3]]);
        expect(wrong).to.include({ status: 1, stdout: '' });
        expect(wrong.stderr).to.match(/^error \[ERR_INVALID_SHAPE\] .*\n$/);
        const method = cli(['run', 'mnist-mlp', '--method', 'nope', '--input', '-', '--json'], [[1]]);
        expect(JSON.parse(method.stderr)).to.have.nested.property('error.code', 'ERR_METHOD_NOT_FOUND');
        expect(cli(['run', 'no/such/model.pt', '--input', '-'], [1]).status).to.equal(1);
    });
});
describe('node-libtorch inspect', () => {
    it('shows the model and its record', () => {
        const { status, stdout } = cli(['inspect', 'mnist-mlp']);
        expect(status).to.equal(0);
        for (const part of [
            'sha256',
            'forward(',
            'float32 [?, 784] from 0 to 1',
            '10 labels: 0, 1',
            'record of mnist-mlp v1.0',
            'accuracy',
        ]) {
            expect(stdout).to.include(part);
        }
        const json = JSON.parse(cli(['inspect', 'mnist-mlp', '--json']).stdout);
        expect(json.record.artifact).to.have.property('sha256', json.sha256);
        expect(json.signature.outputs[0]?.labels).to.have.length(10);
        expect(json.signature.task).to.deep.equal(json.record.task);
    });
    it('shows what the archive alone says of its arguments', () => {
        const { status, stdout } = cli(['inspect', path('test/fixtures/torchscript/defaults.pt')]);
        expect(status).to.equal(0);
        expect(stdout)
            .to.match(/in x +tensor of any dtype and shape\n/)
            .and.match(/in mask +Optional\[Tensor\], optional\n/);
        expect(stdout).to.match(/out output +tensor of any/);
    });
});
describe('node-libtorch types', () => {
    const file = path('test/fixtures/torchscript/second_method.pt');
    const folder = mkdtempSync(join(tmpdir(), 'node-libtorch-types-'));
    after(() => {
        rmSync(folder, { recursive: true });
    });
    it('prints declarations of a model of the registry', () => {
        const { status, stdout, stderr } = cli(['types', 'mnist-mlp']);
        expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
        expect(stdout).to.include('mnist-mlp v1.0: torchscript, task classification, sha256 ');
        expect(stdout).to.include("  /** float32 [?, 784] from 0 to 1 */\n  readonly input: Tensor<'float32'>;\n");
        expect(stdout).to.include("float32 [?, 10]; 10 labels: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9. */\nexport type Outputs = Tensor<'float32'>;");
    });
    it('writes them to a file, every method included, and names no folder', () => {
        const output = join(folder, 'model.d.ts');
        expect(cli(['types', file, '--output', output])).to.deep.equal({ status: 0, stdout: '', stderr: '' });
        const text = readFileSync(output, 'utf8');
        expect(text).to.equal(cli(['types', file]).stdout);
        expect(text).to.include('second_method.pt: torchscript').and.not.include(path('test'));
        expect(text).to.include('    readonly ordered:\n      | readonly [x: Tensor]\n      | readonly [x: Tensor, times: number | bigint];');
        const json = JSON.parse(cli(['types', file, '--output', output, '--json']).stdout);
        expect(json).to.include({ declarations: text, output }).and.have.keys('file', 'sha256', 'declarations', 'output');
    });
    it('fails with one line and the right code', () => {
        expect(cli(['types'])).to.include({ status: 2, stdout: '' });
        expect(cli(['types', file, '--ouput', 'x'])).to.include({ status: 2, stdout: '' });
        const nowhere = cli(['types', file, '--output', join(folder, 'no/such/folder.d.ts')]);
        expect(nowhere).to.include({ status: 1, stdout: '' });
        expect(nowhere.stderr).to.match(/^error \[ERR_INVALID_ARGUMENT\] .*--output.*ENOENT.*\n$/);
        const missing = cli(['types', 'no-such-model', '--json']);
        expect(missing).to.include({ status: 1, stdout: '' });
        expect(JSON.parse(missing.stderr)).to.have.nested.property('error.code', 'ERR_MODEL_NOT_FOUND');
    });
});
describe('node-libtorch doctor', () => {
    it('finds this installation in order', () => {
        const { status, stdout } = cli(['doctor', '--json']);
        expect(status).to.equal(0);
        expect(JSON.parse(stdout)).to.be.an('object');
        expect(cli(['doctor']).stdout).to.include('LibTorch');
    });
});
describe('node-libtorch serve', () => {
    let server;
    afterEach(() => server?.kill('SIGKILL'));
    /** Starts a server and waits for the log lines of the messages. */
    async function start(args, ...messages) {
        const child = spawn(process.execPath, [main, 'serve', '--port', '0', '--pre-stop-delay-ms', '0', ...args], {
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        server = child;
        const lines = [];
        for await (const line of createInterface(child.stdout)) {
            lines.push(JSON.parse(line));
            if (messages.every((message) => lines.some(({ msg }) => msg === message)))
                break;
        }
        child.stdout.resume();
        const ready = lines.find(({ msg }) => msg === messages.at(-1)) ?? {};
        return { child, url: String(lines.find(({ url }) => url)?.['url']), ready };
    }
    it('serves a real digit, and exits 0 on SIGTERM', async () => {
        const { child, url, ready } = await start(['mnist-mlp'], 'listening', 'ready');
        expect(ready).to.include({ model: 'mnist-mlp', version: 'v1.0' }).and.have.property('threads');
        const response = await fetch(`${url}/predict`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: readFileSync(request),
        });
        expect(response.status).to.equal(200);
        expect(await response.json()).to.have.keys('predictions', 'confidence_scores', 'model_version', 'inference_time_ms');
        child.kill('SIGTERM');
        expect(await once(child, 'exit')).to.deep.equal([0, null]);
    });
    it('serves a bare file, whose task it does not know', async () => {
        const { url } = await start([path('test/fixtures/torchscript/linear.pt')], 'listening', 'ready');
        const response = await fetch(`${url}/predict`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ input_data: [1, 2, 3, 4] }),
        });
        expect(response.status).to.equal(422);
        expect(await response.json()).to.have.property('code', 'ERR_TASK');
    });
    it('ends with one line when the port is taken or the model is not there', async () => {
        const other = createNetServer().listen(0, '127.0.0.1');
        await once(other, 'listening');
        const taken = cli(['serve', '--port', String(other.address().port)]);
        other.close();
        expect(taken.status).to.equal(1);
        expect(taken.stderr).to.match(/^error \[ERR_CONFIG\] .*in use.*\n$/);
        const missing = cli(['serve', 'no-such-model', '--port', '0']);
        expect(missing.status).to.equal(1);
        expect(missing.stderr).to.match(/^error \[ERR_MODEL_NOT_FOUND\] .*\n$/);
    });
});
