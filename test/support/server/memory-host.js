import { EventEmitter } from 'node:events';
import { torchError } from '#dist/errors.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { schemaBinder } from '#dist/signature/bind.js';
import { ServedModel } from '#dist/serving/served-model.js';
/** Features of a row, and the logits' weights: a tiny linear classifier of three classes. */
export const features = 4;
const weights = [
    [2, 0, 0, -1],
    [0, 3, 0, -1],
    [0, 0, 4, -1],
];
/** Logits of one row. */
export function logits(row) {
    return weights.map((column) => column.reduce((sum, weight, index) => sum + weight * (row[index] ?? 0), 0));
}
/** A host whose models are arithmetic in this process: the server is tested without the engine. */
export class MemoryHost {
    state = 'ready';
    defaultModel = 'tiny';
    events = new EventEmitter();
    behaviour = async () => undefined;
    runs = 0;
    #versions = [this.#served('v1.0', features), this.#served('v2.0', 2)];
    /** What a host of models on a lost device would say. */
    failures = [];
    deviceFailures() {
        return this.failures;
    }
    list() {
        return this.#versions;
    }
    model(name = this.defaultModel, version = 'v1.0') {
        const found = this.#versions.find((served) => served.version === version);
        if (name !== this.defaultModel || !found) {
            throw torchError('ERR_VERSION_NOT_FOUND', `Expected one of v1.0, v2.0 but received "${version}"`);
        }
        return found;
    }
    index() {
        return this.#versions.map(({ name, version }) => ({ name, version, state: 'READY', reason: '' }));
    }
    failed() {
        return [];
    }
    on(event, listener) {
        this.events.on(event, listener);
        return this;
    }
    off(event, listener) {
        this.events.off(event, listener);
        return this;
    }
    /** As the server sees it. */
    asHost() {
        return this;
    }
    #served(version, width) {
        const record = recordOf(version, width);
        const schema = { args: [{ name: 'input', type: 'Tensor', hasDefault: false }] };
        const binder = schemaBinder(schema, record.signature);
        const model = {
            signature: record.signature,
            info: {
                engine: 'torchscript',
                device: { device: 'cpu' },
                instances: 1,
                sha256: 'ab'.repeat(32),
                parameterBytes: 48,
                methods: [{ name: 'forward', ...schema }],
            },
            execute: async (_method, args, options = {}) => {
                const [input] = binder.bind(args);
                this.runs++;
                await Promise.race([this.behaviour(options), abortion(options)]);
                const rows = input?.shape[0] ?? 0;
                const data = [...Array(rows).keys()].flatMap((row) => logits([...(input?.data).subarray(row * width, (row + 1) * width)]));
                return {
                    value: new Tensor('float32', Float32Array.from(data), [rows, weights.length]),
                    timings: { queueMs: 0.01, runMs: 0.25 },
                };
            },
        };
        // Only what the server uses of it: no queue, no engine.
        const parts = { name: 'tiny', version, record, model };
        const hooks = { admit: () => undefined, ended: (event) => this.events.emit('run', event) };
        return new ServedModel(...[parts, hooks]);
    }
}
function abortion({ signal, timeoutMs }) {
    return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        if (timeoutMs !== undefined)
            setTimeout(() => reject(torchError('ERR_TIMEOUT', 'late')), timeoutMs).unref();
    });
}
function recordOf(version, width) {
    return {
        name: 'tiny',
        version,
        task: { type: 'classification', activation: 'softmax', labels: ['a', 'b', 'c'] },
        signature: {
            inputs: [{ name: 'input', dtype: 'float32', shape: [null, width], range: [0, 1] }],
            outputs: [{ name: 'logits', dtype: 'float32', shape: [null, weights.length] }],
        },
    };
}
/** A gate that runs wait at: `open()` lets them go on. */
export function gate() {
    let open = () => undefined;
    const opened = new Promise((resolve) => {
        open = resolve;
    });
    return { behaviour: () => opened, open };
}
