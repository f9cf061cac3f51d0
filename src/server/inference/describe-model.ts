/** What a served model says of itself, in the messages of the Open Inference Protocol. */
import { engineTable } from '../../engines/index.js';
import { ownManifest } from '../../files/package-root.js';
import { datatypeTable } from '../../protocol/datatype.js';
import type {
  ModelConfig,
  ModelMetadata,
  ServerMetadata,
  TensorConfig,
  TensorMetadata,
} from '../../protocol/messages.js';
import type { ServedModel } from '../../serving/index.js';
import type { InferenceHost } from '../host.js';
import type { InferTarget } from './infer.js';
import { interfaceOf, unfitness } from './model-interface.js';

/** What every protocol has beyond its core, by Triton's names; `classification` stands in front. */
const shared = ['parameters', 'model_configuration', 'model_repository', 'schedule_policy', 'statistics'] as const;

let version: string | undefined;

/** @param own extensions of the caller's protocol, beside those of all */
export function serverMetadata(...own: readonly string[]): ServerMetadata {
  const extensions = ['classification', ...own, ...shared];
  return { name: 'node-libtorch', version: (version ??= ownManifest().version), extensions };
}

/** Every version that the host knows. One that is up and cannot answer is not ready, and says why. */
export function modelIndex(host: Pick<InferenceHost, 'list' | 'index'>): ReturnType<InferenceHost['index']> {
  const reasons = new Map(host.list().map((served) => [`${served.name} ${served.version}`, unfitness(served)]));
  return host.index().map((entry) => {
    const reason = entry.state === 'READY' ? reasons.get(`${entry.name} ${entry.version}`) : undefined;
    return reason === undefined ? entry : { ...entry, state: 'UNAVAILABLE', reason };
  });
}

/** With all versions of its name that are up. @throws ERR_INVALID_ARGUMENT for a model without `forward` */
export function modelMetadata(host: Pick<InferenceHost, 'list'>, served: ServedModel): ModelMetadata {
  const { name } = served;
  const { inputs, outputs } = interfaceOf(served);
  const versions = host.list().flatMap((model) => (model.name === name ? [model.version] : []));
  return { name, versions, platform: engineTable[served.model.info.engine].platform, inputs, outputs };
}

/** The version that was named; where none was, all of the name that are up. */
export function versionsMeant(
  host: Pick<InferenceHost, 'list'>,
  served: ServedModel,
  { version }: Pick<InferTarget, 'version'>,
): readonly ServedModel[] {
  return version === undefined ? host.list().filter(({ name }) => name === served.name) : [served];
}

/** As Triton would have it for this model, as far as it means something here. @throws as modelMetadata */
export function modelConfig(served: ServedModel): ModelConfig {
  const { name, version, model, queue, notBatched } = served;
  const { info, signature } = model;
  const { platform, backend } = engineTable[info.engine];
  const batching = notBatched === undefined ? queue?.options : undefined;
  const { inputs, outputs } = interfaceOf(served);
  const optional = new Set(signature?.inputs.filter((spec) => spec.optional).map((spec) => spec.name));
  const tensor = configOf(batching !== undefined);
  const isCpu = info.device.device === 'cpu';
  return {
    name,
    platform,
    backend,
    version_policy: { specific: { versions: [version] } },
    max_batch_size: batching?.maxBatchSize ?? 0,
    input: inputs.map((input) => ({ ...tensor(input), ...(optional.has(input.name) && { optional: true }) })),
    output: outputs.map(tensor),
    instance_group: [{ name: `${name}_0`, kind: isCpu ? 'KIND_CPU' : 'KIND_GPU', count: info.instances }],
    ...(batching && {
      dynamic_batching: {
        preferred_batch_size: batching.allowedBatchSizes ?? [],
        max_queue_delay_microseconds: Math.round((batching.maxDelayMs ?? 0) * 1000),
      },
    }),
    model_transaction_policy: { decoupled: false },
    parameters: {},
  };
}

const configOf =
  (isBatched: boolean) =>
  ({ name, datatype, shape }: TensorMetadata): TensorConfig => ({
    name,
    data_type: datatype === '' ? 'TYPE_INVALID' : datatypeTable[datatype].config,
    dims: isBatched ? shape.slice(1) : shape,
  });
