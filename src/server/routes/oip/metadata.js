/** What a server of the Open Inference Protocol says of itself and of its models. */
import { torchError } from '../../../errors.js';
import { modelConfig, modelMetadata, serverMetadata } from '../../inference/describe-model.js';
import { readiness } from '../../readiness.js';
import { describeStuck, stuckModels } from '../../stuck.js';
import { liveness } from '../health.js';
import { servedOf } from './target.js';
/** What we have beyond the core of the protocol, by Triton's names. */
const extensions = [
    'classification',
    'binary_tensor_data',
    'parameters',
    'model_configuration',
    'model_repository',
    'schedule_policy',
    'statistics',
];
/** KServe's client reads an answer under exactly this content type, and no charset beside it. */
export function answer(exchange, status, value) {
    exchange.send(status, 'application/json', JSON.stringify(value));
}
/** `GET /v2` */
export const server = (exchange) => {
    answer(exchange, 200, serverMetadata(extensions));
};
/** `GET /v2/health/live`. Errors have the text that every other error of the protocol has. */
export const live = (exchange) => {
    const report = liveness(exchange.context);
    if (report.status === 'live')
        answer(exchange, 200, { live: true });
    else
        answer(exchange, 503, { live: false, error: `Only a restart helps: ${reasonOf(report)}` });
};
function reasonOf(report) {
    return report.reason ?? `the device ${report.devices?.join(', ')} was lost`;
}
/** `GET /v2/health/ready` */
export const ready = (exchange) => {
    const { context } = exchange;
    const isLive = liveness(context).status === 'live';
    const { status, reason } = readiness(context);
    if (status === 'ready')
        answer(exchange, 200, { ready: true, live: isLive });
    else
        answer(exchange, 503, { ready: false, live: isLive, error: reason ?? `The server is not ready: ${status}` });
};
/** `GET /v2/models`, as KServe lists them. */
export const models = (exchange) => {
    answer(exchange, 200, { models: [...new Set(exchange.context.host.list().map(({ name }) => name))] });
};
/** A handler of something that one model says. */
const ofModel = (say) => (exchange, parameters) => {
    const { context, call } = exchange;
    const served = servedOf(context.host, parameters);
    call.about(served);
    answer(exchange, 200, say(served, context));
};
/** `GET /v2/models/:model` */
export const model = ofModel((served, { host }) => modelMetadata(host, served));
/** `GET /v2/models/:model/config` */
export const config = ofModel((served) => modelConfig(served));
/** `GET /v2/models/:model/ready` */
export const modelReady = ofModel((served, context) => {
    const { name, version } = served;
    const { device } = served.model.info.device;
    if (context.host.deviceFailures().some((failure) => failure.device === device)) {
        throw torchError('ERR_DEVICE_FAILED', `The device of ${name} ${version} was lost`);
    }
    const stuck = stuckModels(context.host, context.stuckAfterMs).find((each) => each.model === name && each.version === version);
    if (stuck)
        throw torchError('ERR_NOT_READY', describeStuck(stuck));
    return { name, ready: true };
});
/** `GET /v2/models/:model/stats` */
export const statistics = (exchange, parameters) => {
    const { host } = exchange.context;
    const { name } = servedOf(host, parameters);
    const asked = host.list().filter((served) => served.name === name && isVersion(served, parameters.version));
    answer(exchange, 200, { model_stats: asked.map((served) => served.statistics()) });
};
const isVersion = (served, version) => version === undefined || served.version === version;
/** `GET /v2/models/stats` */
export const allStatistics = (exchange) => {
    answer(exchange, 200, { model_stats: exchange.context.host.list().map((served) => served.statistics()) });
};
