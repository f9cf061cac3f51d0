import { expect } from 'chai';
import { loadModel, ModelHost, Tensor } from 'node-libtorch';
import { createServer } from 'node-libtorch/server';
import { digits } from './server/digits.js';
import { predict, until } from './server/http.js';
import { large, occupy } from './server/occupy.js';
import { octets, octetStream } from './server/octets.js';
import { fixture } from './paths.js';
/** The bundled digit model behind a real host and a real HTTP server, with its batches noted. */
export class DigitServer {
    host;
    server;
    batches = [];
    constructor(host, server) {
        this.host = host;
        this.server = server;
        host.on('batch', ({ rows, paddedRows, requests }) => this.batches.push({ rows, paddedRows, requests }));
    }
    static async open(batching) {
        const host = await ModelHost.open({ models: [{ name: 'mnist-mlp', batching }] });
        return new DigitServer(host, await createServer({ host, port: 0, logger: false }));
    }
    get queue() {
        return this.host.model().queue;
    }
    /** See `occupy`; the batch that is under way is the digit 0. */
    occupy() {
        return occupy(this.host, () => this.run(0));
    }
    /** As `occupy`, until a few large runs are over. */
    async occupyBriefly() {
        const { model } = this.host.model();
        const runs = [model.run(large), model.run(large)];
        const first = this.run(0);
        await until('a batch is under way', () => this.queue.stats().batchesInFlight === 1);
        return [...runs, first];
    }
    async waiting(rows) {
        await until(`${rows} rows wait`, () => this.queue.stats().waitingRows === rows);
    }
    /** `rows` images of the digit in process; its scores are checked by `expectDigit`. */
    run(digit, options = {}, rows = 1) {
        return this.host.model().run(digitRows(digit, rows), options);
    }
    post(digit, headers = {}) {
        return predict(this.server.url, bodyOf(digit), headers);
    }
    postOctets(digit) {
        return predict(this.server.url, octets(digits[digit].input), octetStream);
    }
    async [Symbol.asyncDispose]() {
        await this.server.close();
        await this.host.close();
    }
}
export function bodyOf(digit, rows = 1) {
    return JSON.stringify({
        input_data: new Array(rows).fill(digits[digit].input).flat(),
        ...(rows > 1 && { batch_size: rows }),
    });
}
export function digitRows(digit, rows = 1) {
    const data = Float32Array.from(new Array(rows).fill(digits[digit].input).flat());
    return new Tensor('float32', data, [rows, 784]);
}
/** That scores are PyTorch's for `rows` images of this digit and nobody else's. */
export function expectDigit(scores, digit, rows = 1) {
    const { logits } = digits[digit];
    expect(scores.shape).to.deep.equal([rows, 10]);
    for (let i = 0; i < scores.data.length; ++i) {
        const wanted = logits[i % 10];
        expect(Number(scores.data[i])).to.be.closeTo(wanted, 1e-4 * (1 + Math.abs(wanted)));
    }
}
/** That an HTTP answer is a prediction of this digit, of one row. */
export function expectPrediction({ status, body }, digit) {
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body['predictions']).to.deep.equal([digit]);
    expect(body['confidence_scores']).to.have.length(1);
}
/** A TorchScript fixture that was found to be row-independent, or whose test says so. */
export async function fixtureModel(name, example) {
    const model = await loadModel(fixture(`torchscript/${name}.pt`));
    if (example)
        await model.warmup({ example });
    return model;
}
/** A row of `width` floats, all of them `value`. */
export const row = (value, width = 4) => new Tensor('float32', new Float32Array(width).fill(value), [1, width]);
