import { TorchError, warnOf } from '../errors.js';
import { sliceCall } from '../model/call.js';
import { compareRow, hairs, isRounding, tolerancesOf } from '../model/row-compare.js';
import { nudged } from '../model/row-moves.js';
import { pickTensorRows } from '../tensor/rows.js';
import { Tensor } from '../tensor/tensor.js';
import { entriesOf, isContainer } from '../tensor/value.js';
/** The share of all run time that checks may take. */
const mostOfTime = 0.01;
/** Runs of one row that must give one answer before a difference is the batch's. */
const repeats = 2;
/** Which batches have a row checked, and what comes of it. */
export class RowChecker {
    #model;
    #every;
    #clock;
    #random;
    /** Batches of this window that have come. */
    #come = 0;
    /** The batch of this window whose turn it is. */
    #chosen;
    #isOwed = false;
    #runMs = 0;
    #spentMs = 0;
    #checked = 0;
    #differed = 0;
    #failed = 0;
    /**
     * @param every of so many batches one is checked; 0: none
     * @param random from 0 up to 1
     */
    constructor(model, every, clock, random) {
        this.#model = model;
        this.#every = every;
        this.#clock = clock;
        this.#random = random;
        this.#chosen = this.#below(every);
    }
    get counts() {
        return { checked: this.#checked, differed: this.#differed, failed: this.#failed };
    }
    /** Counts the time of a run. */
    ran(runMs) {
        this.#runMs += runMs;
    }
    /**
     * Counts a batch whose rows share a run because of the queue.
     * @returns whether one of its rows is checked: its turn has come, and there is time for it
     */
    countsAsDue() {
        if (this.#every === 0)
            return false;
        if (this.#come === this.#chosen)
            this.#isOwed = true;
        if (++this.#come === this.#every) {
            this.#come = 0;
            this.#chosen = this.#below(this.#every);
        }
        if (!this.#isOwed || this.#spentMs > this.#runMs * mostOfTime)
            return false;
        this.#isOwed = false;
        return true;
    }
    /**
     * Runs one row of a batch by itself. The values may be given away meanwhile: what it needs of them it copies at once.
     * @param calls of the batch, in the order of the values
     */
    async check(calls, values) {
        try {
            const found = await this.#compare(this.#sample(calls, values));
            this.#checked++;
            if (found.outcome !== 'same')
                this.#differed++;
            return found;
        }
        catch (error) {
            this.#failed++;
            if (!(error instanceof TorchError))
                warnOf(error); // a model fails with a TorchError; all else is a fault of ours
            return { outcome: 'failed', share: 0, error };
        }
    }
    #sample(calls, values) {
        const index = this.#below(calls.length);
        const call = calls[index];
        const row = this.#below(call.rows);
        const one = call.rows === 1 ? call : sliceCall(call, row, row + 1);
        const { paths, leaves } = outputOf(values[index]);
        return { one, joint: { paths, leaves: leaves.map((leaf) => pickTensorRows(leaf, [row])) } };
    }
    async #compare({ one, joint }) {
        const alone = await this.#alone(one);
        // The output of the batch had its rows, and that of one row has not one: so the rows of a run shape its output.
        if (!alone)
            return { outcome: 'differs', share: Infinity };
        const found = this.#differences(joint, alone);
        if (found.length === 0)
            return { outcome: 'same', share: 0 };
        const share = Math.max(...found.map((one) => one.share));
        // Random operators first: they would pass for roundings.
        if (await this.#isRandom(one, alone))
            return { outcome: 'random', share };
        return { outcome: (await this.#areRoundings(found, one, alone)) ? 'same' : 'differs', share };
    }
    #differences(joint, alone) {
        if (!isSameForm(joint, alone))
            return [{ differs: true, size: Infinity, share: Infinity, compared: 0, at: [], leaf: 0 }];
        const { info, warmupReport } = this.#model;
        const tolerances = tolerancesOf(alone.leaves, info, warmupReport?.tolerance);
        const found = [];
        for (const [leaf, own] of alone.leaves.entries()) {
            const tolerance = tolerances[leaf];
            // What is no number alone says nothing of the others: the check at warm-up was stricter.
            const deviation = compareRow(joint.leaves[leaf], 0, own, { tolerance, isLenient: true });
            if (deviation.differs)
                found.push({ ...deviation, leaf });
        }
        return found;
    }
    async #areRoundings(found, one, alone) {
        if (found.some(({ size }) => size === Infinity))
            return false;
        const moved = await this.#moved(one, alone);
        return found.every((deviation) => {
            const leaves = moved.map((output) => output.leaves[deviation.leaf]);
            return isRounding(deviation, alone.leaves[deviation.leaf], leaves);
        });
    }
    /** The outputs of the row moved by each of `hairs`; none where one has another form. */
    async #moved(one, alone) {
        const found = [];
        for (const hair of hairs) {
            const values = nudged(one.values, hair);
            const output = values && (await this.#alone({ ...one, values }));
            if (!output || !isSameForm(output, alone))
                return [];
            found.push(output);
        }
        return found;
    }
    async #isRandom(one, before) {
        const tolerances = tolerancesOf(before.leaves, this.#model.info, undefined);
        for (let i = 0; i < repeats; ++i) {
            const again = await this.#alone(one);
            if (!again || !isSameForm(again, before))
                return true;
            const differs = again.leaves.some((leaf, index) => {
                const tolerance = tolerances[index];
                return compareRow(leaf, 0, before.leaves[index], { tolerance, isLenient: true }).differs;
            });
            if (differs)
                return true;
        }
        return false;
    }
    /** The output of one row; undefined where that has not one row. A run that fails has taken its time, too. */
    async #alone(one) {
        const began = this.#clock.now();
        let runMs;
        try {
            const { values, timings } = await this.#model.runBatch([one]);
            runMs = timings.runMs;
            return outputOf(values[0]);
        }
        catch (error) {
            if (error instanceof TorchError && error.code === 'ERR_NOT_BATCHABLE')
                return undefined;
            throw error;
        }
        finally {
            this.#spentMs += runMs ?? this.#clock.now() - began;
        }
    }
    #below(count) {
        return Math.min(count - 1, Math.floor(this.#random() * count));
    }
}
/** All tensors of an output that runBatch has given: it has nothing else. */
function outputOf(value) {
    const paths = [];
    const leaves = [];
    const add = (item, path) => {
        if (item instanceof Tensor) {
            paths.push(path);
            leaves.push(item);
        }
        else if (Array.isArray(item)) {
            for (const [i, inner] of item.entries())
                add(inner, `${path}/${i}`);
        }
        else if (isContainer(item)) {
            const dict = item;
            for (const [key, inner] of entriesOf(dict))
                add(inner, `${path}/${JSON.stringify(String(key))}`);
        }
    };
    add(value, '');
    return { paths, leaves };
}
function isSameForm(x, y) {
    return x.paths.length === y.paths.length && x.paths.every((path, i) => path === y.paths[i]);
}
