/** What a server says of itself and of its models. */
import { TorchError } from '../../errors.js';
import { wireConfig } from '../../protocol/grpc/model-config.js';
import { modelConfig, modelMetadata, serverMetadata } from '../inference/describe-model.js';
import { readiness } from '../readiness.js';
import { stuckModels } from '../stuck.js';
import { statusNameOf } from './status.js';
/** What there is beyond the core of the protocol, by Triton's names. Raw contents are of the core here. */
const extensions = [
    'classification',
    'parameters',
    'model_configuration',
    'model_repository',
    'schedule_policy',
    'statistics',
];
/** An empty version is the default one. @throws ERR_NOT_READY, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND */
function servedOf({ context, call }, { name, version }) {
    const served = context.host.model(name, version || undefined);
    call.about(served);
    return served;
}
export const serverMetadataOf = () => serverMetadata(extensions);
export const serverReady = ({ context }) => ({ ready: readiness(context).status === 'ready' });
/** A model that is not known is not ready: Triton's clients take an error for a fault of the server. */
export function modelReady(asked, name) {
    try {
        return { ready: isReady(asked.context, servedOf(asked, name)) };
    }
    catch (error) {
        const isAnswer = error instanceof TorchError && ['NOT_FOUND', 'UNAVAILABLE'].includes(statusNameOf(error.code));
        if (isAnswer)
            return { ready: false };
        throw error;
    }
}
/** Whether calls of it would be answered now. */
export function isReady(context, { name, version, model }) {
    const { device } = model.info.device;
    if (context.lifecycle.leaving || context.host.state !== 'ready')
        return false;
    if (context.host.deviceFailures().some((failure) => failure.device === device))
        return false;
    return !stuckModels(context.host, context.stuckAfterMs).some((stuck) => stuck.model === name && stuck.version === version);
}
export const modelMetadataOf = (asked, name) => modelMetadata(asked.context.host, servedOf(asked, name));
export const modelConfigOf = (asked, name) => ({
    config: wireConfig(modelConfig(servedOf(asked, name))),
});
/** Of all models without a name, of all versions without one. */
export function modelStatisticsOf(asked, { name, version }) {
    const { host } = asked.context;
    const all = host.list();
    if (name !== '')
        servedOf(asked, { name, version });
    const wanted = all.filter((served) => (name === '' || served.name === name) && (version === '' || served.version === version));
    return { model_stats: wanted.map((served) => served.statistics()) };
}
export function repositoryIndex({ context }, { ready }) {
    const models = context.host.index();
    return { models: ready ? models.filter(({ state }) => state === 'READY') : models };
}
