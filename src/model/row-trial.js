import { Turns } from '../async/turns.js';
import { withinBounds } from '../signature/example.js';
import { toleranceOf } from '../signature/tolerance.js';
import { Tensor } from '../tensor/tensor.js';
import { firstLine, isFatal } from './refusal.js';
import { compareRow, hairs, isRounding, leavesOf, scaleOf, tolerancesOf } from './row-compare.js';
import { multiplied, nudged } from './row-moves.js';
import {} from './row-probes.js';
import { leastRows, Verdict, unasked, } from './row-verdict.js';
/** The largest batch that is tried unasked, where it is quick and small: what a queue makes by default. */
const usualRows = 32;
const longestMs = 500;
const mostBytes = 128 * 2 ** 20;
/** A model whose run of one row takes longer is asked about fewer pairs. */
const slowMs = 20;
/** Suspicions that are looked into. A model with more of them is not sound enough for batches. */
const mostSuspicions = 16;
const accepts = 'rowIndependent: true (serve: --row-independent on) accepts it';
/** Differences below this share of a row's size may come from rounding to few levels. */
const slight = 0.1;
export class RowCheck {
    #model;
    #run;
    #tolerance;
    #sizes;
    #tolerances = [];
    /** Rows of an output that are smaller than this are measured by this. */
    #least = [];
    /** Elements of each output that were compared as numbers. */
    #compared = [];
    #asked = [];
    /** Rows that are no numbers; what they come to themselves says nothing. */
    #broken = [];
    #turns = new Turns();
    /** Rows that were among others, and the most that were so at once. */
    #tried = new Set();
    #largest = 1;
    /** Rows do change each other, as far as the tolerance that was given allows: what is no number would go beyond any. */
    #isAccepted = false;
    #aloneMs = Infinity;
    #suspicions = 0;
    constructor(model, run, { tolerance, sizes = [] }) {
        this.#model = model;
        this.#run = run;
        this.#tolerance = tolerance;
        this.#sizes = sizes;
    }
    async ask(probes) {
        await this.#alone(probes);
        const asked = this.#asked;
        const usual = asked.filter(({ probe }) => probe.isOrdinary);
        const [first] = asked;
        this.#tolerances = tolerancesOf(first.alone, this.#model.info, this.#tolerance);
        this.#least = first.alone.map((_, leaf) => this.#leastScale(usual, leaf));
        await this.#requireEqualRuns(first.args, first.alone, first);
        if (asked.length < 2)
            throw new Verdict(unasked('the model takes only one of the rows that it was tried with'));
        for (const batch of this.#batches(asked, usual))
            await this.#inParts(batch);
        for (const broken of this.#isAccepted ? [] : this.#broken) {
            for (const batch of [
                [first, broken],
                [broken, first],
            ])
                await this.#inParts(batch);
        }
        if (this.#largest === 1)
            throw new Verdict(unasked(`a batch of 2 is larger than ${mostBytes / 2 ** 20} MiB`));
        for (const [leaf, tensor] of first.alone.entries()) {
            if (tensor.data.length > 0 && !this.#compared[leaf])
                throw new Verdict(unasked('the model answers the rows that it was tried with with no numbers'));
        }
        const tried = `${this.#tried.size} rows of other scale, sign and order, alone and in batches of up to ${this.#largest}`;
        return {
            rowIndependent: true,
            rowIndependence: `f(cat(a, b)) equals f(a), f(b), for ${tried}`,
            random: false,
            largestBatch: this.#largest,
        };
    }
    /** Asks about each row alone. A row that is refused could not be asked about; the example's must be taken. */
    async #alone(probes) {
        const asked = this.#asked;
        for (const probe of probes) {
            for (const args of probe.calm ? [probe.args, probe.calm] : [probe.args]) {
                const started = performance.now();
                const answer = await this.#answer(args);
                if (!answer.value) {
                    if (asked.length === 0)
                        throw new Verdict(unasked(`the model does not take one row: ${answer.refusal}`));
                    continue;
                }
                this.#aloneMs = Math.min(this.#aloneMs, performance.now() - started);
                const alone = leavesOf(answer.value.result, 1);
                if (!alone)
                    throw this.#dependent('not every output is a tensor whose dimension 0 is the rows');
                (probe.kind === 'notANumber' ? this.#broken : asked).push({ probe, args, alone });
                break;
            }
        }
    }
    /** A row of no size at all would make its last rounding a difference: the usual rows say what is small. */
    #leastScale(usual, leaf) {
        const scales = usual.map(({ alone }) => scaleOf(alone[leaf])).filter((scale) => scale > 0);
        return scales.length > 0 ? Math.min(...scales) / 1000 : 0;
    }
    /** Pairs and threes, then all of them in both orders, then the sizes that batches will have. */
    *#batches(asked, usual) {
        const [first, second = asked[1]] = usual;
        yield [first, second];
        yield [second, first, usual[2] ?? second];
        if (this.#aloneMs <= slowMs) {
            for (const [i, other] of asked.entries()) {
                if (!other.probe.isOrdinary)
                    yield i % 2 === 0 ? [first, other] : [other, first];
            }
        }
        const all = this.#fits(asked.length) ? asked : asked.slice(0, leastRows);
        yield all;
        yield [...all].reverse();
        // In long batches two of three rows are usual ones, which show the most.
        const company = asked.filter((one) => !usual.includes(one));
        for (const size of this.#largeSizes(all.length)) {
            yield Array.from({ length: size }, (_, i) => i % 3 === 1 && company.length > 0
                ? company[((i - 1) / 3) % company.length]
                : usual[(i + Math.floor(i / usual.length)) % usual.length]);
        }
    }
    #fits(rows) {
        return (this.#model.signature?.inputs ?? []).every((spec) => rows === withinBounds(spec, 0, rows));
    }
    #largeSizes(above) {
        const sizes = new Set(this.#sizes.filter((size) => size > above && this.#fits(size)));
        if (usualRows * this.#aloneMs <= longestMs) {
            const most = (this.#model.signature?.inputs ?? []).reduce((rows, spec) => withinBounds(spec, 0, rows), usualRows);
            if (most > above)
                sizes.add(most);
        }
        return [...sizes].sort((a, b) => a - b);
    }
    /** As #together, in batches that are no larger than what is tried unasked. */
    async #inParts(batch) {
        const bytes = Math.max(1, bytesOf(batch[0].args));
        const most = this.#sizes.includes(batch.length) ? batch.length : Math.floor(mostBytes / bytes);
        if (most < 2)
            return;
        for (let from = 0; from < batch.length; from += most) {
            const part = batch.slice(from, from + most);
            if (part.length > 1)
                await this.#together(part);
        }
    }
    async #together(batch) {
        const args = await stacked(batch, this.#turns);
        const answer = await this.#answer(args);
        if (!answer.value) {
            const what = `the model does not take ${batch.length} rows at once that it takes one by one`;
            throw new Verdict(unasked(`${what}: ${answer.refusal}`));
        }
        const joint = leavesOf(answer.value.result, batch.length);
        if (joint?.length !== batch[0]?.alone.length) {
            throw this.#dependent('not every output is a tensor whose dimension 0 is the rows');
        }
        const cleared = new Set();
        const isBroken = batch.some((one) => this.#broken.includes(one));
        for (const [row, one] of batch.entries()) {
            if (this.#broken.includes(one))
                continue;
            const at = this.#asked.indexOf(one);
            for (const [leaf, tensor] of joint.entries()) {
                const found = this.#compare(tensor, row, one, leaf, isBroken);
                if (this.#turns.isDue(one.alone[leaf]?.data.byteLength ?? 0))
                    await this.#turns.pause();
                this.#compared[leaf] = (this.#compared[leaf] ?? 0) + found.compared;
                const usual = toleranceOf(tensor, this.#model.info, undefined);
                if (this.#tolerance && found.share > usual.relative)
                    this.#isAccepted = true;
                if (!found.differs || cleared.has(`${at}:${leaf}`))
                    continue;
                // Random operators first: they would pass for roundings.
                await this.#requireEqualRuns(args, joint, one);
                if (await this.#isRounding(found, one, leaf)) {
                    cleared.add(`${at}:${leaf}`);
                    continue;
                }
                // Runs of few random numbers are alike now and then.
                if (this.#model.info.random)
                    throw this.#isRandom('the model has random operators');
                throw await this.#mixing(found, batch);
            }
        }
        this.#largest = Math.max(this.#largest, batch.length);
        for (const one of batch)
            this.#tried.add(one);
    }
    #compare(joint, row, { probe, alone }, leaf, isLenient = false) {
        return compareRow(joint, row, alone[leaf], {
            tolerance: this.#tolerances[leaf],
            least: this.#least[leaf] ?? 0,
            isLenient: isLenient || !probe.isOrdinary,
        });
    }
    async #isRounding(found, one, leaf) {
        if (++this.#suspicions > mostSuspicions)
            return false;
        one.moved ??= await this.#moved(one);
        const moved = one.moved.map((leaves) => leaves[leaf]);
        return isRounding(found, one.alone[leaf], moved);
    }
    async #moved({ args, alone }) {
        const found = [];
        for (const hair of hairs) {
            const other = nudged(args, hair);
            const answer = other && (await this.#answer(other));
            const leaves = answer?.value && leavesOf(answer.value.result, 1);
            if (leaves?.length !== alone.length)
                return [];
            found.push(leaves);
        }
        return found;
    }
    /** Runs what was run once more: a model with random operators answers something else. */
    async #requireEqualRuns(args, before, one) {
        const repeats = [
            [args, before],
            ...(args === one.args ? [] : [[one.args, one.alone]]),
        ];
        for (const [again, first] of repeats) {
            for (let i = 0; i < (args === one.args ? 1 : 2); ++i) {
                const answer = await this.#answer(again);
                const leaves = answer.value && leavesOf(answer.value.result, first[0]?.shape[0] ?? 0);
                if (!leaves)
                    continue;
                const differs = leaves.some((leaf, index) => !isSame(leaf, first[index], this.#tolerances[index]));
                if (!differs)
                    continue;
                throw this.#isRandom('two equal runs differ, as those of random operators do (or of a state that nobody saw)');
            }
        }
    }
    async #mixing({ share }, batch) {
        const isUsual = batch.every(({ probe }) => probe.isOrdinary);
        const by = share < 1 ? `, by ${Number((share * 100).toPrecision(2))} % of its size` : '';
        const isQuantised = (await this.#looksQuantised()) ?? (isUsual && share < slight);
        const cause = isQuantised
            ? '; it may be dynamically quantised: the scales of such a model are those of the whole batch'
            : '';
        return this.#dependent(`a row’s output changes with the other rows of its batch${by}${cause}; ${accepts}`);
    }
    /**
     * Whether a row beside another of about its size comes out a little different, as it does where the scale of the whole batch
     * rounds it. Undefined where there are no floats to make such a row of.
     */
    async #looksQuantised() {
        const rangeOf = (position) => this.#model.forwardSpecs[position]?.range;
        for (const one of this.#asked) {
            const shares = [];
            for (const by of [1.3, 0.5]) {
                const args = multiplied(one.args, by, rangeOf);
                const answer = args && (await this.#answer(await stacked([one, { ...one, args }], this.#turns)));
                const leaves = answer?.value && leavesOf(answer.value.result, 2);
                if (leaves?.length !== one.alone.length)
                    break;
                shares.push(Math.max(...leaves.map((leaf, index) => this.#compare(leaf, 0, one, index).share)));
            }
            if (shares.length === 2)
                return Math.max(...shares) > 0 && shares.every((share) => share < slight);
        }
        return undefined;
    }
    #isRandom(why) {
        const rowIndependence = `${why}, so that nothing can be said of its rows; ${accepts}`;
        return new Verdict({ rowIndependent: undefined, rowIndependence, random: true });
    }
    #dependent(why) {
        return new Verdict({ rowIndependent: false, rowIndependence: why, random: false });
    }
    async #answer(args) {
        try {
            return { value: { result: await this.#run(args) }, refusal: '' };
        }
        catch (error) {
            if (isFatal(error))
                throw error;
            return { refusal: firstLine(error) };
        }
    }
}
/** Every row but for its rounding. */
function isSame(again, first, tolerance) {
    const rows = first.shape[0] ?? 0;
    const width = first.data.length / Math.max(1, rows);
    if (again.data.length !== first.data.length)
        return false;
    const options = { tolerance: tolerance ?? { absolute: 0, relative: 1e-4 }, isLenient: true };
    return Array.from({ length: rows }, (_, row) => row).every((row) => {
        const alone = new Tensor(first.dtype, first.data.subarray(row * width, (row + 1) * width), [
            1,
            ...first.shape.slice(1),
        ]);
        return !compareRow(again, row, alone, options).differs;
    });
}
async function stacked(batch, turns) {
    const [first] = batch;
    const values = [];
    for (const [position, value] of first.args.entries()) {
        if (!(value instanceof Tensor)) {
            values.push(value);
            continue;
        }
        const width = value.data.length;
        const data = new value.data.constructor(width * batch.length);
        for (const [row, { args }] of batch.entries()) {
            data.set(args[position].data, row * width);
            // Copying is quick: what counts is that no more than some megabytes come in one turn.
            if (turns.isDue(value.data.byteLength / 16))
                await turns.pause();
        }
        values.push(new Tensor(value.dtype, data, [batch.length, ...value.shape.slice(1)]));
    }
    return values;
}
function bytesOf(args) {
    return args.reduce((sum, value) => sum + (value instanceof Tensor ? value.data.byteLength : 0), 0);
}
