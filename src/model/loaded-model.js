import { describe, expected, torchError } from '../errors.js';
import { schemaBinder } from '../signature/bind.js';
import { isStringsSpec } from '../signature/strings.js';
import { Tensor } from '../tensor/tensor.js';
import { isPlainObject } from '../tensor/value.js';
import { formOf, prepareCall } from './call.js';
import { gather, scatter } from './collate.js';
import { frozen } from './frozen.js';
import { computeBudget } from './compute-budget.js';
import { trackModel } from './live-models.js';
import { checkOutputs, checkRunOptions } from './options.js';
import { threadsOfRun } from './threads.js';
import { WaitingRuns } from './waiting-runs.js';
/** A model that was collected takes no part in the budget any more. */
const forgotten = new FinalizationRegistry((share) => {
    share.leave();
});
const asIs = {};
/** A loaded model, whichever engine runs it: binding, warm-up, batches, disposal. */
export class LoadedModel {
    info;
    signature;
    survivesZero;
    #engine;
    #binders;
    #slabs;
    #untrack;
    share;
    #waiting;
    #disposal;
    #warmupReport;
    /** Of the example of the last warm-up. */
    #checkedForm;
    constructor({ engine, info, signature, forward, slabs, survivesZero = false }) {
        // What was checked at the load must not become something else by the hand that gave it, or by one that reads it.
        this.info = frozen(info);
        this.signature = frozen(structuredClone(signature));
        this.survivesZero = survivesZero;
        this.#engine = engine;
        this.#binders = new Map(info.methods.map((method) => [
            method.name,
            method.name === 'forward' ? (forward ?? schemaBinder(method, this.signature)) : schemaBinder(method),
        ]));
        this.#slabs = slabs;
        this.#untrack = trackModel(this);
        const { instances, maxPending } = info;
        this.share = computeBudget.join(instances, threadsOfRun(info.device.device));
        this.#waiting = new WaitingRuns(this.share, instances + maxPending, (run) => engine.run(run));
        forgotten.register(this, this.share, this);
    }
    get maxRows() {
        // What may be left out is a parameter, and has no rows.
        const inputs = this.signature?.inputs.filter(({ optional }) => !optional) ?? [];
        const most = inputs.map(({ shape, bounds }) => shape?.[0] ?? bounds?.[0]?.max ?? Infinity);
        const least = Math.max(1, Math.min(...most));
        return least === Infinity ? undefined : least;
    }
    get disposed() {
        return this.#disposal !== undefined;
    }
    get pending() {
        return this.share.running + this.#waiting.size;
    }
    get busy() {
        const busy = this.#engine.busy();
        // Runs that have hung, of other models too, keep the slots that this one waits for: it is as stuck as they are.
        const stalledMs = this.share.stalledMs;
        if (stalledMs === undefined)
            return busy;
        const oldestMs = Math.max(busy.oldestMs, stalledMs);
        return { running: this.info.instances, oldestMs, youngestMs: stalledMs };
    }
    get warmupReport() {
        return this.#warmupReport;
    }
    async run(input, options) {
        return (await this.execute('forward', this.argumentsOf(input), options)).value;
    }
    async call(method, args, options) {
        return (await this.execute(method, args, options)).value;
    }
    async execute(method, args, options, prepare) {
        this.#requireLive();
        if (options !== undefined) {
            checkRunOptions(options, ['outputs']);
            if (options.outputs !== undefined)
                checkOutputs(options.outputs, this.#engine.outputNames);
        }
        return this.#start(method, this.#binder(method).bind(args, prepare), options ?? {});
    }
    async warmup(options = {}) {
        this.#requireLive();
        const { warmUp } = await import('./warmup.js');
        const { report, example } = await warmUp(this, options);
        this.#checkedForm = formOf(example);
        this.#warmupReport = report;
        return report;
    }
    argumentsOf(input) {
        const isOne = input instanceof Tensor || this.#binders.get('forward')?.takesContainer;
        if (isOne || !(Array.isArray(input) || isPlainObject(input)))
            return [input];
        return input;
    }
    prepare(method, args, { owned = false, bounds } = {}) {
        this.#requireLive();
        const binder = this.#binder(method);
        const text = binder.specs.find((spec) => spec && isStringsSpec(spec));
        if (text) {
            throw torchError('ERR_NOT_BATCHABLE', `Expected tensors alone for a batch but ${text.name} takes strings: run the model itself`);
        }
        return prepareCall(method, binder.bind(args, { anyRows: true, bounds }), { names: binder.names, owned });
    }
    wasChecked({ method, values }) {
        const checked = this.#checkedForm;
        const form = formOf(values);
        if (method !== 'forward' || !checked || form?.length !== checked.length)
            return false;
        return form.every((own, position) => own === checked[position]);
    }
    async runBatch(calls, padTo = 0, isAdmitted = false) {
        const [first] = calls;
        if (!first)
            return { values: [], timings: { queueMs: 0, runMs: 0 } };
        const { values, rows, slabs } = gather(calls, padTo, this.#slabs);
        const giveBack = () => {
            for (const slab of slabs)
                this.#slabs.give(slab);
        };
        const own = { isOwned: true, isAdmitted, onFinished: giveBack };
        const { value, timings } = await this.#start(first.method, values, {}, {}, own);
        return { values: scatter(value, calls, rows), timings };
    }
    bindForward(args) {
        return this.#binder('forward').bind(args);
    }
    get forwardSpecs() {
        return this.#binder('forward').specs;
    }
    runBound(values, placement, limits) {
        return this.#start('forward', values, limits, placement);
    }
    dispose() {
        if (!this.#disposal) {
            this.#disposal = this.#free();
            this.#waiting.close();
            this.share.close();
        }
        return this.#disposal;
    }
    [Symbol.asyncDispose]() {
        return this.dispose();
    }
    async #free() {
        try {
            await this.#engine.free();
        }
        finally {
            forgotten.unregister(this);
            this.share.leave();
            this.#untrack();
        }
    }
    async #start(method, values, options, placement = {}, { isOwned = false, isAdmitted = false, onFinished } = asIs) {
        const { names } = this.#binder(method);
        const { share } = this;
        const run = {
            ...placement,
            method,
            values,
            names,
            limits: options,
            ...(options.outputs && { outputs: options.outputs }),
            accepted: () => {
                share.began();
            },
            finished: () => {
                onFinished?.();
                share.ended();
            },
        };
        if (isAdmitted || share.isOpen || share.admits())
            return this.#engine.run(run);
        return this.#waiting.add(run, isOwned, onFinished);
    }
    #requireLive() {
        if (this.#disposal)
            throw torchError('ERR_DISPOSED', 'The model was disposed');
    }
    #binder(method) {
        this.#requireLive();
        const binder = this.#binders.get(method);
        if (binder)
            return binder;
        if (typeof method !== 'string')
            throw expected('a method name', 'method', method);
        const known = [...this.#binders.keys()].join(', ');
        throw torchError('ERR_METHOD_NOT_FOUND', `Expected one of the methods ${known} but received ${describe(method)}`);
    }
}
