import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chosenSet } from '#dist/libtorch/find/cache.js';
import { setup } from '#dist/libtorch/fetch/setup.js';
import { fakeIndex, triple } from './fake-wheels.js';
import { serveMirror } from './mirror.js';
/** A cache, a mirror of small wheels, and `setup` from one to the other: fresh ones for each test of the `describe` around it. */
export function setupRun() {
    let index;
    let mirror;
    let env;
    beforeEach(async () => {
        index = await fakeIndex();
        mirror = await serveMirror(index.folder);
        // No Python at all: what is fetched comes from the mirror.
        env = { HOME: index.cache, NODE_LIBTORCH_CACHE: index.cache, NODE_LIBTORCH_MIRROR: mirror.url, PATH: '' };
    });
    afterEach(async () => {
        await mirror[Symbol.asyncDispose]();
        await index[Symbol.asyncDispose]();
    });
    const cudaPin = () => {
        const [torch, cudart] = index.pin.wheels;
        const files = [...torch.files, { from: 'torch/lib/libtorch_cuda.so', to: 'lib/libtorch_cuda.so' }];
        return { ...index.pin, kind: 'cuda', wheels: [{ ...torch, files }, cudart] };
    };
    return {
        get index() {
            return index;
        },
        get mirror() {
            return mirror;
        },
        get env() {
            return env;
        },
        cpu: (more = {}) => setup({ kind: 'cpu', pin: index.pin, triple, env, ...more }),
        cuda: () => setup({ kind: 'cuda', pin: cudaPin(), triple, env }),
        chosen: () => chosenSet('2.15.0', triple, env),
        torchFile: () => index.pin.wheels[0].file,
        torchBytes: () => index.pin.wheels[0].bytes,
        /** What lies in the folder of downloads. */
        downloads: () => {
            const folder = join(index.cache, 'downloads');
            return existsSync(folder) ? readdirSync(folder).sort() : [];
        },
    };
}
