import type { ErrorCode } from '../../../errors.js';
import { json } from '../../openapi/operation.js';
import {
  AliasChange,
  Aliases,
  ManagedModels,
  ModelChange,
  RefreshReport,
  RepositoryChange,
} from '../../schemas/admin.js';
import { Canary, CanaryChange } from '../../schemas/canary.js';
import type { Route } from '../route.js';
import { deleteAlias, listAliases, putAlias, showAlias } from './aliases.js';
import { deleteCanary, promoteCanary, putCanary, showCanary } from './canary.js';
import { clearModel, listModels, loadModel, refreshModels, showModel, unloadModel } from './models.js';
import { repositoryLoad, repositoryUnload } from './repository.js';

const badBody: readonly ErrorCode[] = ['ERR_MALFORMED_JSON', 'ERR_VALIDATION', 'ERR_UNSUPPORTED_MEDIA_TYPE'];
const noModel: readonly ErrorCode[] = ['ERR_BAD_REQUEST', 'ERR_MODEL_NOT_FOUND', 'ERR_VERSION_NOT_FOUND'];
const notNow: readonly ErrorCode[] = ['ERR_QUEUE_FULL', 'ERR_NOT_READY', 'ERR_DRAINING', 'ERR_TIMEOUT'];
const badModel: readonly ErrorCode[] = [
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
  'ERR_SIGNATURE_REQUIRED',
  'ERR_SIGNATURE_INVALID',
  'ERR_QUARANTINED',
];
/** The registry is read, or written. */
const noRegistry: readonly ErrorCode[] = ['ERR_STORAGE', 'ERR_MANIFEST', 'ERR_INTEGRITY', 'ERR_INVALID_ARGUMENT'];
const notWritten: readonly ErrorCode[] = ['ERR_REGISTRY_LOCKED', 'ERR_STORAGE_FULL'];

const deadline =
  'The header X-Request-Timeout-Ms gives the change up after so long. Without it a change takes as long as it needs, though its ' +
  'client leaves.';

const onAdmin = { listeners: ['admin'], scope: 'admin' } as const;
/** On the port of inference too, where the console may act. */
const onConsole = { ...onAdmin, isManagement: true } as const;
const repository = { ...onAdmin, isRepository: true, errorForm: 'oip' } as const;
const nothing = { mediaType: 'application/json', schema: { maxLength: 0 } };

/** The rows of management. */
export const adminRoutes: readonly Route[] = [
  {
    ...onConsole,
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
    ...onConsole,
    method: 'GET',
    path: '/admin/models/:model',
    handler: () => showModel,
    errors: noModel,
    operation: {
      id: 'adminShowModel',
      tag: 'management',
      summary: 'The versions of one model, or the one that name@version means.',
      responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
    },
  },
  {
    ...onConsole,
    method: 'POST',
    path: '/admin/models/:model/load',
    handler: () => loadModel,
    errors: [...badBody, ...noModel, ...notNow, ...badModel],
    operation: {
      id: 'adminLoadModel',
      tag: 'management',
      summary: 'Loads a model, or loads it anew beside the one that serves; answers once it serves.',
      description: deadline,
      request: [json({ ModelChange })],
      mayBeEmpty: true,
      responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
    },
  },
  {
    ...onConsole,
    method: 'POST',
    path: '/admin/models/:model/unload',
    handler: () => unloadModel,
    errors: [...badBody, ...noModel, ...notNow],
    operation: {
      id: 'adminUnloadModel',
      tag: 'management',
      summary: 'Takes a model, or one version, out of service; answers once its calls have ended.',
      description: deadline,
      request: [json({ ModelChange })],
      mayBeEmpty: true,
      responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
    },
  },
  {
    ...onConsole,
    method: 'POST',
    path: '/admin/models/:model/clear',
    handler: () => clearModel,
    errors: [...badBody, ...noModel, ...notNow],
    operation: {
      id: 'adminClearModel',
      tag: 'management',
      summary: 'Lets versions that failed again and again, and are refused since, be loaded again.',
      request: [json({ ModelChange })],
      mayBeEmpty: true,
      responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
    },
  },
  {
    ...onConsole,
    method: 'GET',
    path: '/admin/models/:model/aliases',
    handler: () => listAliases,
    errors: [...noModel, ...noRegistry],
    operation: {
      id: 'adminListAliases',
      tag: 'management',
      summary: 'What the aliases of a model mean, in the registry and here.',
      responses: { 200: { description: 'All of them.', content: [json({ Aliases })] } },
    },
  },
  {
    ...onConsole,
    method: 'GET',
    path: '/admin/models/:model/aliases/:alias',
    handler: () => showAlias,
    errors: [...noModel, ...noRegistry],
    operation: {
      id: 'adminShowAlias',
      tag: 'management',
      summary: 'What one alias means.',
      responses: { 200: { description: 'That one.', content: [json({ Aliases })] } },
    },
  },
  {
    ...onConsole,
    method: 'PUT',
    path: '/admin/models/:model/aliases/:alias',
    handler: () => putAlias,
    errors: [...badBody, ...noModel, ...notNow, ...badModel, ...noRegistry, ...notWritten],
    operation: {
      id: 'adminPutAlias',
      tag: 'management',
      summary: 'Moves an alias: loads what it means now beside what serves, writes the registry, and swaps.',
      description: `What fails leaves everything as it was. ${deadline}`,
      request: [json({ AliasChange })],
      responses: { 200: { description: 'It serves.', content: [json({ Aliases })] } },
    },
  },
  {
    ...onConsole,
    method: 'DELETE',
    path: '/admin/models/:model/aliases/:alias',
    handler: () => deleteAlias,
    errors: [...badBody, ...noModel, ...notNow, ...noRegistry, ...notWritten],
    operation: {
      id: 'adminDeleteAlias',
      tag: 'management',
      summary: 'Takes an alias away, in the registry and here. What it meant goes on.',
      responses: { 200: { description: 'Those that are left.', content: [json({ Aliases })] } },
    },
  },
  {
    ...onConsole,
    method: 'GET',
    path: '/admin/models/:model/canary',
    handler: () => showCanary,
    errors: [...noModel, 'ERR_NO_CANARY'],
    operation: {
      id: 'adminShowCanary',
      tag: 'management',
      summary: 'The canary of a model: its share, and what was seen of it within the window.',
      responses: { 200: { description: 'It runs, or was rolled back.', content: [json({ Canary })] } },
    },
  },
  {
    ...onConsole,
    method: 'PUT',
    path: '/admin/models/:model/canary',
    handler: () => putCanary,
    errors: [...badBody, ...noModel, ...notNow, ...badModel, ...noRegistry, 'ERR_CANARY'],
    operation: {
      id: 'adminPutCanary',
      tag: 'management',
      summary: 'Gives a version a share of the requests of a model: loads it beside what serves, and watches it.',
      description: `It is rolled back by itself once it breaks a limit. ${deadline}`,
      request: [json({ CanaryChange })],
      responses: { 200: { description: 'It gets its share.', content: [json({ Canary })] } },
    },
  },
  {
    ...onConsole,
    method: 'DELETE',
    path: '/admin/models/:model/canary',
    handler: () => deleteCanary,
    errors: [...badBody, ...noModel, ...notNow, 'ERR_NO_CANARY'],
    operation: {
      id: 'adminDeleteCanary',
      tag: 'management',
      summary: 'Ends the canary of a model at once: what is stable gets all requests.',
      responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
    },
  },
  {
    ...onConsole,
    method: 'POST',
    path: '/admin/models/:model/canary/promote',
    handler: () => promoteCanary,
    errors: [...badBody, ...noModel, ...notNow, ...noRegistry, ...notWritten, 'ERR_CANARY', 'ERR_NO_CANARY'],
    operation: {
      id: 'adminPromoteCanary',
      tag: 'management',
      summary: 'Makes the canary what is stable: moves the alias that is served, or the default of the name.',
      description: deadline,
      mayBeEmpty: true,
      responses: { 200: { description: 'Its versions.', content: [json({ ManagedModels })] } },
    },
  },
  {
    ...onAdmin,
    method: 'POST',
    path: '/admin/refresh',
    handler: () => refreshModels,
    errors: [...badBody, ...notNow],
    operation: {
      id: 'adminRefresh',
      tag: 'management',
      summary: 'Reads the settings anew and loads what is new or has changed, as SIGHUP does.',
      description: deadline,
      responses: {
        200: { description: 'What was done.', content: [json({ RefreshReport })] },
        422: {
          description:
            'Some could not be loaded, or the settings not be read (model is then empty); what was there goes on.',
          content: [json({ RefreshReport })],
        },
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
      description: deadline,
      request: [json({ RepositoryChange })],
      mayBeEmpty: true,
      responses: { 200: { description: 'It serves.', content: [nothing] } },
    },
  },
  {
    ...repository,
    method: 'POST',
    path: '/v2/repository/models/:model/unload',
    handler: () => repositoryUnload,
    errors: [...badBody, ...noModel, ...notNow, 'ERR_INVALID_ARGUMENT'],
    operation: {
      id: 'repositoryUnload',
      tag: 'management',
      summary: 'Takes a model out of service.',
      description: deadline,
      request: [json({ RepositoryChange })],
      mayBeEmpty: true,
      responses: { 200: { description: 'It serves no more.', content: [nothing] } },
    },
  },
];
