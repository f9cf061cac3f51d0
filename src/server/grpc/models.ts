/** What a server says of itself and of its models. */
import { TorchError } from '../../errors.js';
import { wireConfig } from '../../protocol/grpc/model-config.js';
import type { ModelStatistics } from '../../protocol/messages.js';
import type { ModelName } from '../../protocol/grpc/rpcs.js';
import { modelConfig, modelIndex, modelMetadata, serverMetadata, versionsMeant } from '../inference/describe-model.js';
import type { InferTarget } from '../inference/infer.js';
import { namesOf } from '../inference/model-name.js';
import { isReady, readiness } from '../readiness.js';
import type { ServedModel } from '../../serving/index.js';
import { statusNameOf } from './status.js';
import type { Asked } from './rpc-row.js';

/** An empty version is none. @throws ERR_BAD_REQUEST */
const targetOf = ({ name, version }: ModelName): InferTarget => namesOf({ model: name, version: version || undefined });

/** Without a version the default one. @throws ERR_NOT_READY, ERR_MODEL_NOT_FOUND, ERR_VERSION_NOT_FOUND, ERR_BAD_REQUEST */
function servedOf({ context, call }: Asked, name: ModelName): ServedModel {
  const asked = targetOf(name);
  const served = context.host.model(asked.model, asked.version);
  call.about(served);
  return served;
}

/** Raw contents are of the core here. */
export const serverMetadataOf = () => serverMetadata();

export const serverReady = ({ context }: Asked) => ({ ready: readiness(context).status === 'ready' });

/** A model that is not known is not ready: Triton's clients take an error for a fault of the server. */
export function modelReady(asked: Asked, name: ModelName): { ready: boolean } {
  try {
    return { ready: isReady(asked.context, servedOf(asked, name)) };
  } catch (error) {
    const isAnswer = error instanceof TorchError && ['NOT_FOUND', 'UNAVAILABLE'].includes(statusNameOf(error.code));
    if (isAnswer) return { ready: false };
    throw error;
  }
}

export const modelMetadataOf = (asked: Asked, name: ModelName) =>
  modelMetadata(asked.context.host, servedOf(asked, name));

export const modelConfigOf = (asked: Asked, name: ModelName) => ({
  config: wireConfig(modelConfig(servedOf(asked, name))),
});

/** Of all models without a name, of all versions without one. */
export function modelStatisticsOf(asked: Asked, named: ModelName) {
  const { host } = asked.context;
  const { name, version } = named;
  const wanted =
    name === ''
      ? host.list().filter((served) => version === '' || served.version === version)
      : versionsMeant(host, servedOf(asked, named), targetOf(named));
  return { model_stats: wanted.map((served): ModelStatistics => served.statistics()) };
}

export function repositoryIndex({ context }: Asked, { ready }: { readonly ready: boolean }) {
  const models = modelIndex(context.host);
  return { models: ready ? models.filter(({ state }) => state === 'READY') : models };
}
