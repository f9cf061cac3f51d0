import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { taskOfSettings } from '#dist/cli/task-of-settings.js';
import { rejection } from '../../support/errors.js';
import { fixture } from '../../support/paths.js';
import { serveProcess } from '../../support/server/serve-process.js';
import { picture } from '../../support/server/task-host.js';
describe('the task of a model file', () => {
    let folder;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'node-libtorch-task-'));
    });
    after(() => rm(folder, { recursive: true }));
    const write = async (name, text) => {
        await writeFile(join(folder, name), text);
        return join(folder, name);
    };
    describe('as serve is told it', function () {
        this.timeout(60_000);
        let server;
        afterEach(async () => {
            server?.child.kill('SIGTERM');
            await server?.ended;
        });
        it('by flags: pictures are answered with labels, and batched', async () => {
            const labels = await write('labels.txt', 'red\nblue\n');
            const flags = ['--task', 'classification', '--image-preset', 'imagenet', '--labels', labels];
            server = serveProcess([fixture('tasks/pictures.pt'), ...flags]);
            await server.seen('a model is up');
            const url = await server.url();
            const answer = await fetch(`${url}/predict?top_k=2`, {
                method: 'POST',
                headers: { 'content-type': 'image/jpeg' },
                body: new Uint8Array(await picture('blue', 'jpeg')),
            });
            expect(answer.status).to.equal(200);
            const body = (await answer.json());
            expect(body.labels).to.deep.equal(['blue']);
            expect(body.top_k[0]?.map(({ label }) => label)).to.deep.equal(['blue', 'red']);
            expect(server.lines.filter(({ level }) => level === 'warn'), 'warm, and batched').to.deep.equal([]);
        });
        it('by the settings file, a model each', async () => {
            const task = { type: 'multi-label', threshold: 0.25, labels: ['a', 'b', 'c'] };
            await write('task.json', JSON.stringify(task));
            const file = fixture('torchscript/linear.pt');
            const models = { one: { file, taskFile: 'task.json' }, two: { file, task: 'embedding', warmup: 'off' } };
            const config = await write('settings.json', JSON.stringify({ models }));
            server = serveProcess(['--config', config]);
            await server.seen('a model is up', 2);
            const url = await server.url();
            const ask = async (body) => {
                const answer = await fetch(`${url}/predict`, {
                    method: 'POST',
                    headers: { 'content-type': 'application/json' },
                    body: JSON.stringify(body),
                });
                return (await answer.json());
            };
            expect(await ask({ inputs: [[1, 2, 3, 4]], model: 'one' })).to.include.keys('labels', 'confidence_scores');
            // Vectors of tokens would have three dimensions: the model gives two, and its output is to blame.
            expect(await ask({ inputs: [[1, 2, 3, 4]], model: 'two' })).to.include({ code: 'ERR_BAD_OUTPUT' });
        });
    });
    const settings = { task: 'none', taskFile: undefined, labels: undefined, imagePreset: 'none' };
    const made = async (given) => {
        const task = taskOfSettings({ ...settings, ...given });
        return typeof task === 'function' ? await task(undefined) : task;
    };
    it('reads labels of every form', async () => {
        const wanted = { type: 'classification', labels: ['cat', 'a dog'] };
        for (const [name, text] of [
            ['lines.txt', 'cat\na dog'],
            ['dos.txt', 'cat\r\na dog\r\n'],
            ['array.json', '["cat", "a dog"]'],
            ['index_to_name.json', '{"0": ["n02123045", "cat"], "1": ["n02084071", "a dog"]}'],
            ['id2label.json', '{"1": "a dog", "0": "cat"}'],
        ]) {
            const labels = await write(name, text);
            expect(await made({ task: 'classification', labels }), name).to.deep.equal(wanted);
        }
    });
    it('lets flags say more than the file of the task', async () => {
        const taskFile = await write('small.json', '{"type": "classification", "image": {"size": 8}, "labels": ["x"]}');
        const labels = await write('two.txt', 'a\nb\n');
        expect(await made({ taskFile, labels })).to.deep.equal({
            type: 'classification',
            image: { size: 8 },
            labels: ['a', 'b'],
        });
    });
    it('is none where nobody says one, and is refused where it makes no sense', async () => {
        expect(await made({})).to.equal(undefined);
        await rejection(async () => made({ labels: 'labels.txt' }), 'ERR_CONFIG');
        await rejection(async () => made({ imagePreset: 'imagenet' }), 'ERR_CONFIG');
        const bad = [
            ['missing.txt', undefined],
            ['numbers.json', '[1, 2]'],
            ['gap.json', '{"0": "a", "2": "b"}'],
            ['none.json', '[]'],
            ['broken.json', '["a"'],
        ];
        for (const [name, text] of bad) {
            const labels = text === undefined ? join(folder, name) : await write(name, text);
            await rejection(() => made({ task: 'classification', labels }), 'ERR_CONFIG');
        }
        await rejection(async () => made({ taskFile: await write('list.json', '[]') }), 'ERR_CONFIG');
    });
});
