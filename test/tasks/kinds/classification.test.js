import { expect } from 'chai';
import { InputError } from '#dist/errors.js';
import { classification } from '#dist/tasks/kinds/classification.js';
import { bestIndex, softmaxAt } from '#dist/tasks/scores/softmax.js';
import { Tensor } from '#dist/tensor/tensor.js';
const alphabet = ['a', 'b', 'c', 'd'];
/** Best classes and their probabilities, as `/predict` asks for them. */
function classify(scores, rows, classes, activation, topK = 1) {
    const task = { type: 'classification', activation, labels: alphabet.slice(0, classes) };
    const answer = classification.decode(task, new Tensor('float32', scores, [rows, classes]), { topK });
    for (const [best] of answer.rows)
        expect(best?.label).to.equal(alphabet[best.index]);
    return {
        predictions: answer.rows.map(([best]) => best.index),
        confidenceScores: answer.rows.map(([best]) => best.score),
    };
}
/** What `ServedModel.predict` makes ERR_BAD_OUTPUT of. */
const refused = (action) => expect(action).to.throw(InputError);
describe('the best class of each row', () => {
    it('answers the most probable class and its softmax', () => {
        const { predictions, confidenceScores } = classify(Float32Array.of(0, Math.log(3), 2, 1), 2, 2, 'softmax');
        expect(predictions).to.deep.equal([1, 0]);
        expect(confidenceScores[0]).to.be.closeTo(0.75, 1e-6);
        expect(confidenceScores[1]).to.be.closeTo(1 / (1 + Math.exp(-1)), 1e-12);
    });
    it('is stable for logits whose exponentials overflow', () => {
        expect(classify(Float32Array.of(1e30, 0), 1, 2, 'softmax')).to.deep.equal({
            predictions: [0],
            confidenceScores: [1],
        });
        expect(classify(Float32Array.of(-1e30, -1e30), 1, 2, 'softmax').confidenceScores).to.deep.equal([0.5]);
    });
    it('takes the lowest of equal classes', () => {
        expect(bestIndex([1, 3, 3])).to.equal(1);
        expect(bestIndex([0, -0])).to.equal(0);
        expect(softmaxAt(Float32Array.of(3, 3, 3), 0)).to.be.closeTo(1 / 3, 1e-12);
    });
    it('lets a class be impossible', () => {
        expect(classify(Float32Array.of(-Infinity, 0), 1, 2, 'softmax')).to.deep.equal({
            predictions: [1],
            confidenceScores: [1],
        });
    });
    it('passes probabilities on, and holds them to be such', () => {
        expect(classify(Float32Array.of(0.25, 0.75), 1, 2, 'none').confidenceScores).to.deep.equal([0.75]);
        expect(classify(Float32Array.of(1.0000001, 0), 1, 2, 'none').confidenceScores).to.deep.equal([1]);
        for (const score of [1.5, -0.1])
            refused(() => classify(Float32Array.of(score, -1), 1, 2, 'none'));
    });
    const broken = [
        [NaN, 1],
        [1, NaN],
        [NaN, NaN],
        [Infinity, 1],
        [-Infinity, -Infinity],
    ];
    for (const scores of broken) {
        it(`refuses the scores ${scores.join(', ')}`, () => {
            for (const activation of ['softmax', 'none']) {
                refused(() => classify(Float32Array.of(0, 1, ...scores), 2, 2, activation));
            }
        });
    }
    describe('of a tensor that is a float32 matrix, or another', () => {
        const task = { type: 'classification', activation: 'softmax', labels: ['a', 'b'] };
        const best = (output, labels = task.labels) => classification.decode({ ...task, labels }, output, { topK: 1 }).rows;
        it('is the same', () => {
            const scores = [0, 3, 2, 1];
            const matrix = best(new Tensor('float32', Float32Array.from(scores), [2, 2]));
            expect(best(new Tensor('float64', Float64Array.from(scores), [2, 2]))).to.deep.equal(matrix);
            expect(best(new Tensor('float32', Float32Array.from(scores), [2, 1, 2]))).to.deep.equal(matrix);
        });
        it('is refused for other labels, also after they were found to be strings', () => {
            const { labels } = task;
            expect(best(new Tensor('float32', new Float32Array(2), [1, 2]), labels)).to.have.length(1);
            for (const width of [1, 3])
                refused(() => best(new Tensor('float32', new Float32Array(width), [1, width]), labels));
            refused(() => best(new Tensor('float32', new Float32Array(4), [2, 2, 1]), labels));
            const wrong = ['a', 3];
            for (let i = 0; i < 2; i++)
                refused(() => best(new Tensor('float32', new Float32Array(2), [1, 2]), wrong));
        });
        it('is refused for integers, a single value, a detached buffer, and what is no tensor', () => {
            const detached = new Tensor('float32', new Float32Array(2), [1, 2]);
            structuredClone(null, { transfer: [detached.data.buffer] });
            const others = [new Tensor('int32', new Int32Array(2), [1, 2]), Tensor.full([], 1), detached];
            for (const output of [...others, undefined])
                refused(() => best(output));
        });
    });
});
