/** The calls that change models. A client that leaves, or whose deadline passes, does not end a load. */
import { describe, torchError } from '../../errors.js';
import type { RepositoryChange } from '../../protocol/grpc/rpcs.js';
import type { InferTarget } from '../inference/infer.js';
import { namesOf } from '../inference/model-name.js';
import type { Management } from '../management/management.js';
import { asTorchError, disclosed } from '../public-error.js';
import { managementOf } from '../routes/admin/change.js';
import { requireNoModel, requireUnload } from '../routes/admin/repository.js';
import type { Asked } from './rpc-row.js';

/** `RepositoryModelLoad`: answers once it serves. */
export function repositoryLoad({ context }: Asked, request: RepositoryChange): Promise<object> {
  return change(managementOf(context), request, (management, { model, version }) => {
    requireNoModel(request.parameters);
    return management.load(model, { version });
  });
}

/** `RepositoryModelUnload`: answers once no call of it is left. */
export function repositoryUnload({ context }: Asked, request: RepositoryChange): Promise<object> {
  return change(managementOf(context), request, (management, { model, version }) => {
    requireUnload(valuesOf(request.parameters));
    return management.unload(model, { version });
  });
}

/** On the wire each is a message with one member. */
function valuesOf(parameters: RepositoryChange['parameters']): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, Object.values(value)[0]]));
}

async function change(
  management: Management,
  { repository_name, model_name }: RepositoryChange,
  make: (management: Management, named: InferTarget) => Promise<void>,
): Promise<object> {
  try {
    if (repository_name !== '') {
      const message = `Expected no repository_name, since there is one repository, but received ${describe(repository_name)}`;
      throw torchError('ERR_INVALID_ARGUMENT', message);
    }
    await make(management, namesOf({ model: model_name }));
    return {};
  } catch (thrown) {
    throw disclosed(asTorchError(thrown));
  }
}
