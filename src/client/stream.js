import { object } from '../check.js';
import { checkInferOptions, requestOf } from './infer-options.js';
import { planOf } from './plan.js';
import { InferResult } from './result.js';
/** Answers to requests, each as it comes. Without a limit of time where none is given. */
export async function* streamOf(session, target, requests, options) {
    const operation = `the stream of ${target.name}`;
    const tries = await session.begin(operation, { timeoutMs: Infinity, ...options });
    const { deadline } = tries;
    try {
        const transport = await session.transport();
        const messages = messagesOf(session, target, requests, options, tries);
        const answers = transport.stream(target, messages, { deadline, headers: options.headers });
        for await (const response of answers)
            yield new InferResult(response, operation);
    }
    finally {
        deadline.close();
    }
}
async function* messagesOf(session, target, requests, { headers }, tries) {
    for await (const request of requests) {
        object('a request of a stream', request);
        const { inputs, ...options } = request;
        object('the inputs of a request', inputs);
        checkInferOptions(options);
        const { tensors, metadata } = await planOf(session, target, inputs, { ...options, headers }, tries);
        yield requestOf(tensors, options, undefined, metadata?.outputs.map(({ name }) => name) ?? []);
    }
}
