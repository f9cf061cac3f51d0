import { EventEmitter } from 'node:events';
import type { InferenceHost } from '#dist/server/host.js';
import { torchError } from '#dist/errors.js';
import { Tensor } from '#dist/tensor/tensor.js';
import { schemaBinder } from '#dist/signature/bind.js';
import type { Signature } from '#dist/signature/spec.js';
import type { RunOptions } from '#dist/model/options.js';
import type { RunEvent } from '#dist/serving/served-call.js';
import { ServedModel } from '#dist/serving/served-model.js';

/** Features of a row, and the logits' weights: a tiny linear classifier of three classes. */
export const features = 4;
const weights = [
  [2, 0, 0, -1],
  [0, 3, 0, -1],
  [0, 0, 4, -1],
];

/** Logits of one row. */
export function logits(row: readonly number[]): number[] {
  return weights.map((column) => column.reduce((sum, weight, index) => sum + weight * (row[index] ?? 0), 0));
}

/** What a run does instead of answering. */
export type Behaviour = (options: RunOptions) => Promise<void>;

/** A host whose models are arithmetic in this process: the server is tested without the engine. */
export class MemoryHost {
  state: InferenceHost['state'] = 'ready';
  readonly defaultModel = 'tiny';
  readonly events = new EventEmitter();
  behaviour: Behaviour = async () => undefined;
  runs = 0;
  /** Versions by alias. */
  readonly aliasNames = new Map<string, string>();
  readonly #versions = [this.#served('v1.0', features), this.#served('v2.0', 2)];

  /** What a host of models on a lost device would say. */
  failures: readonly { device: string; reason: string }[] = [];

  deviceFailures(): typeof this.failures {
    return this.failures;
  }

  list(): ServedModel[] {
    return this.#versions;
  }

  model(name = this.defaultModel, version = 'v1.0'): ServedModel {
    const meant = this.aliasNames.get(version) ?? version;
    const found = this.#versions.find((served) => served.version === meant);
    if (name !== this.defaultModel || !found) {
      throw torchError('ERR_VERSION_NOT_FOUND', `Expected one of v1.0, v2.0 but received "${version}"`);
    }
    return found;
  }

  index(): readonly object[] {
    return this.#versions.map(({ name, version }) => ({ name, version, state: 'READY', reason: '' }));
  }

  failed(): readonly object[] {
    return [];
  }

  on(event: 'run', listener: (event: RunEvent) => void): this {
    this.events.on(event, listener);
    return this;
  }

  off(event: 'run', listener: (event: RunEvent) => void): this {
    this.events.off(event, listener);
    return this;
  }

  /** As the server sees it. */
  asHost(): InferenceHost {
    return this as unknown as InferenceHost;
  }

  #served(version: string, width: number): ServedModel {
    const record = recordOf(version, width);
    const schema = { args: [{ name: 'input', type: 'Tensor', hasDefault: false }], returns: ['Tensor'] };
    const binder = schemaBinder(schema, record.signature as unknown as Signature);
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
      stats: () => ({ inline: { runs: 0, slow: 0, off: 'there is no engine' } }),
      execute: async (_method: string, args: readonly Tensor[], options: RunOptions = {}) => {
        const [input] = binder.bind(args) as readonly Tensor[];
        this.runs++;
        await Promise.race([this.behaviour(options), abortion(options)]);
        const rows = input?.shape[0] ?? 0;
        const data = [...Array(rows).keys()].flatMap((row) =>
          logits([...(input?.data as Float32Array).subarray(row * width, (row + 1) * width)]),
        );
        return {
          value: new Tensor('float32', Float32Array.from(data), [rows, weights.length]),
          timings: { queueMs: 0.01, runMs: 0.25 },
        };
      },
    };
    // Only what the server uses of it: no queue, no engine.
    const parts = { name: 'tiny', version, record, model };
    const hooks = {
      requireOpen: () => undefined,
      aliases: () => [],
      ended: (event: RunEvent) => this.events.emit('run', event),
    };
    return new ServedModel(...([parts, hooks] as unknown as ConstructorParameters<typeof ServedModel>));
  }
}

function abortion({ signal, timeoutMs }: RunOptions): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
    if (timeoutMs !== undefined) setTimeout(() => reject(torchError('ERR_TIMEOUT', 'late')), timeoutMs).unref();
  });
}

function recordOf(version: string, width: number) {
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
export function gate(): { behaviour: Behaviour; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { behaviour: () => opened, open };
}
