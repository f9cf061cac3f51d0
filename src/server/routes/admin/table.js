import { json } from '../../openapi/operation.js';
import { ManagedModels, ModelChange, RefreshReport, RepositoryChange } from '../../schemas/admin.js';
import { listModels, loadModel, refreshModels, showModel, unloadModel } from './models.js';
import { repositoryLoad, repositoryUnload } from './repository.js';
const badBody = [
    'ERR_MALFORMED_JSON',
    'ERR_VALIDATION',
    'ERR_PAYLOAD_TOO_LARGE',
    'ERR_BAD_REQUEST',
];
const noModel = ['ERR_MODEL_NOT_FOUND', 'ERR_VERSION_NOT_FOUND'];
const notNow = ['ERR_QUEUE_FULL', 'ERR_NOT_READY', 'ERR_DRAINING', 'ERR_TIMEOUT'];
const badModel = [
    'ERR_MODEL_LOAD',
    'ERR_MODEL_FORMAT',
    'ERR_UNSAFE_ARCHIVE',
    'ERR_INTEGRITY',
    'ERR_MANIFEST',
    'ERR_SIGNATURE_MISMATCH',
    'ERR_OPERATOR_LIBRARY',
    'ERR_OPERATOR_NOT_FOUND',
    'ERR_OUT_OF_MEMORY',
    'ERR_MODEL_EXECUTION',
    'ERR_INVALID_ARGUMENT',
];
const deadline = {
    name: 'X-Request-Timeout-Ms',
    in: 'header',
    description: 'Gives the change up after so long; without it a change takes as long as it needs, though its client leaves.',
    schema: { type: 'integer', minimum: 1 },
};
const onAdmin = { listeners: ['admin'], scope: 'admin' };
const repository = { ...onAdmin, isRepository: true, errorForm: 'oip' };
const nothing = { mediaType: 'application/json', schema: { maxLength: 0 } };
/** The rows of management. */
export const adminRoutes = [
    {
        ...onAdmin,
        method: 'GET',
        path: '/admin/models',
        handler: () => listModels,
        operation: {
            id: 'adminListModels',
            tag: 'management',
            summary: 'Every version that is known, with its state.',
            responses: { 200: { description: 'All models.', content: [json({ ManagedModels })] } },
        },
    },
    {
        ...onAdmin,
        method: 'GET',
        path: '/admin/models/:model',
        handler: () => showModel,
        errors: ['ERR_MODEL_NOT_FOUND'],
        operation: {
            id: 'adminShowModel',
            tag: 'management',
            summary: 'The versions of one model.',
            responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
        },
    },
    {
        ...onAdmin,
        method: 'POST',
        path: '/admin/models/:model/load',
        handler: () => loadModel,
        errors: [...badBody, ...noModel, ...notNow, ...badModel],
        operation: {
            id: 'adminLoadModel',
            tag: 'management',
            summary: 'Loads a model, or loads it anew beside the one that serves; answers once it serves.',
            parameters: [deadline],
            request: [json({ ModelChange })],
            responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
        },
    },
    {
        ...onAdmin,
        method: 'POST',
        path: '/admin/models/:model/unload',
        handler: () => unloadModel,
        errors: [...badBody, ...noModel, ...notNow],
        operation: {
            id: 'adminUnloadModel',
            tag: 'management',
            summary: 'Takes a model, or one version, out of service; answers once its calls have ended.',
            parameters: [deadline],
            request: [json({ ModelChange })],
            responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
        },
    },
    {
        ...onAdmin,
        method: 'POST',
        path: '/admin/refresh',
        handler: () => refreshModels,
        errors: [...badBody, ...notNow, 'ERR_CONFIG'],
        operation: {
            id: 'adminRefresh',
            tag: 'management',
            summary: 'Reads the settings anew and loads what is new or has changed, as SIGHUP does.',
            parameters: [deadline],
            responses: {
                200: { description: 'What was done.', content: [json({ RefreshReport })] },
                422: { description: 'Some could not be loaded; what was there goes on.', content: [json({ RefreshReport })] },
            },
        },
    },
    {
        ...repository,
        method: 'POST',
        path: '/v2/repository/models/:model/load',
        handler: () => repositoryLoad,
        errors: [...badBody, ...noModel, ...notNow, ...badModel],
        operation: {
            id: 'repositoryLoad',
            tag: 'management',
            summary: 'Loads a model, or loads it anew beside the one that serves.',
            parameters: [deadline],
            request: [json({ RepositoryChange })],
            responses: { 200: { description: 'It serves.', content: [nothing] } },
        },
    },
    {
        ...repository,
        method: 'POST',
        path: '/v2/repository/models/:model/unload',
        handler: () => repositoryUnload,
        errors: [...badBody, ...noModel, ...notNow],
        operation: {
            id: 'repositoryUnload',
            tag: 'management',
            summary: 'Takes a model out of service.',
            parameters: [deadline],
            request: [json({ RepositoryChange })],
            responses: { 200: { description: 'It serves no more.', content: [nothing] } },
        },
    },
];
