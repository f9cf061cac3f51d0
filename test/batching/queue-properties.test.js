import fc from 'fast-check';
import { play } from '../support/queue-model.js';
const runs = Number(process.env.NODE_LIBTORCH_PROPERTY_RUNS ?? 150);
const request = fc.record({
    rows: fc.integer({ min: 1, max: 12 }),
    width: fc.constantFrom(1, 1, 1, 3),
    priority: fc.constantFrom(0, 0, 0, 1, 3, 10),
    after: fc.integer({ min: 0, max: 6 }),
    abortAfterMs: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined, freq: 8 }),
    timeoutMs: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 8 }),
    poison: fc.integer({ min: 0, max: 30 }).map((n) => n === 0),
});
const plan = fc.record({
    options: fc
        .record({
        maxBatchSize: fc.constantFrom(1, 4, 8, 32),
        maxDelayMs: fc.constantFrom(0, 0, 2),
        maxQueueSize: fc.constantFrom(16, 64, 1024),
        maxQueueBytes: fc.constantFrom(256, 1e6),
        agingMs: fc.constantFrom(0, 5, 100),
        targetP95Ms: fc.constantFrom(Infinity, 4),
        padded: fc.boolean(),
    })
        .map(({ padded, ...options }) => ({
        ...options,
        ...(padded && { allowedBatchSizes: [...new Set([1, options.maxBatchSize >> 1 || 1, options.maxBatchSize])] }),
    })),
    instances: fc.integer({ min: 1, max: 3 }),
    maxPending: fc.integer({ min: 0, max: 3 }),
    runMs: fc.constantFrom(0, 0, 1, 3),
    requests: fc.array(request, { minLength: 1, maxLength: 60 }),
});
describe('BatchQueue under random sizes, shapes, priorities, aborts, deadlines and failures', function () {
    this.timeout(60_000 + runs * 100);
    it(`settles each promise once, gives each caller its own rows, keeps order and bounds: ${runs} runs`, () => fc.assert(fc.asyncProperty(plan, async (example) => {
        await play(example);
    }), { numRuns: runs }));
});
