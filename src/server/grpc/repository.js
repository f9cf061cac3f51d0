/** The calls that change models. A client that leaves, or whose deadline passes, does not end a load. */
import { describe, torchError } from '../../errors.js';
import { asTorchError, disclosed } from '../public-error.js';
import { managementOf } from '../routes/admin/change.js';
import { requireNoModel } from '../routes/admin/repository.js';
/** `RepositoryModelLoad`: answers once it serves. */
export function repositoryLoad({ context }, request) {
    return change(managementOf(context), request, (management, name) => {
        requireNoModel(request.parameters);
        return management.load(name);
    });
}
/** `RepositoryModelUnload`: answers once no call of it is left. */
export function repositoryUnload({ context }, request) {
    return change(managementOf(context), request, (management, name) => management.unload(name));
}
async function change(management, { repository_name, model_name }, make) {
    try {
        if (repository_name !== '') {
            const message = `Expected no repository_name, since there is one repository, but received ${describe(repository_name)}`;
            throw torchError('ERR_INVALID_ARGUMENT', message);
        }
        await make(management, model_name);
        return {};
    }
    catch (thrown) {
        throw disclosed(asTorchError(thrown));
    }
}
