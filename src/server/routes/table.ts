import { Liveness, Readiness } from '../schemas/health.js';
import { json } from '../openapi/operation.js';
import { adminRoutes } from './admin/table.js';
import * as kserve from './compat/kserve.js';
import * as compat from './compat/operations.js';
import * as torchserve from './compat/torchserve.js';
import * as consoleRows from './console.js';
import { feedback, feedbackErrors, feedbackOperation, modelFeedbackOperation } from './feedback.js';
import { docs, docsAsset, docsAssetOperation, docsOperation } from './docs-page.js';
import { live, ready } from './health.js';
import { metrics } from './metrics.js';
import { inference } from './oip/infer.js';
import * as oip from './oip/metadata.js';
import { monitoring } from './oip/monitoring.js';
import * as operations from './oip/operations.js';
import { repositoryIndex } from './oip/repository.js';
import { openapi } from './openapi.js';
import { predict } from './predict.js';
import { predictErrors, predictOperation } from './predict-operation.js';
import type { Route } from './route.js';

/** A row of the Open Inference Protocol. */
const v2 = (row: Omit<Route, 'errorForm'>): Route => ({ ...row, errorForm: 'oip' });
/** A row of KServe v1, whose errors have the same form. */
const v1 = v2;
const forTorchServe = (row: Omit<Route, 'errorForm'>): Route => ({ ...row, errorForm: 'torchserve' });
const forReaders = { method: 'GET', scope: 'none', listeners: ['inference', 'admin'] } as const;

/**
 * THE TABLE of routes. Made from it: the Express app with 405, `Allow`, OPTIONS and HEAD, the calls in front of Express,
 * the label of the metrics and /openapi.json. A new route is a row here, a file with its handler, and its test.
 */
export const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/predict',
    handler: predict,
    hot: true,
    errors: predictErrors,
    operation: predictOperation,
  },
  {
    method: 'POST',
    path: '/feedback',
    handler: () => feedback,
    errors: feedbackErrors,
    operation: feedbackOperation,
  },
  {
    method: 'GET',
    path: '/health/live',
    handler: () => live,
    isProbe: true,
    operation: {
      id: 'live',
      tag: 'operation',
      summary: 'The process answers, and needs no restart.',
      responses: {
        200: { description: 'Alive.', content: [json({ Liveness })] },
        503: {
          description:
            'A device was lost, or a model is stuck where the setting stuckFails is live: restart the process.',
          content: [json({ Liveness })],
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/health/ready',
    handler: () => ready,
    isProbe: true,
    operation: {
      id: 'ready',
      tag: 'operation',
      summary: 'Whether predictions are served.',
      responses: {
        200: { description: 'Ready.', content: [json({ Readiness })] },
        503: {
          description: 'Loading, shutting down, a device was lost, or a model is stuck.',
          content: [json({ Readiness })],
        },
      },
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    handler: () => metrics,
    isProbe: true,
    scope: 'metrics',
    operation: {
      id: 'metrics',
      tag: 'operation',
      summary: 'Measurements for Prometheus.',
      responses: {
        200: { description: 'Text format 0.0.4.', content: [{ mediaType: 'text/plain', schema: { type: 'string' } }] },
      },
    },
  },
  {
    method: 'GET',
    path: '/openapi.json',
    handler: openapi,
    listeners: ['inference', 'admin'],
    operation: {
      id: 'openapi',
      tag: 'operation',
      summary: 'This document.',
      responses: {
        200: {
          description: 'OpenAPI 3.1.',
          content: [{ mediaType: 'application/json', schema: { type: 'object' } }],
        },
      },
    },
  },
  // Without a token: the page asks for one, and nothing of it is about this server.
  { ...forReaders, path: '/docs', handler: () => docs, operation: docsOperation },
  {
    ...forReaders,
    path: '/docs/:digest/:file',
    handler: () => docsAsset,
    errors: ['ERR_ROUTE_NOT_FOUND'],
    operation: docsAssetOperation,
  },
  v2({
    method: 'POST',
    path: '/v2/models/:model{/versions/:version}/infer',
    handler: inference,
    hot: true,
    errors: operations.inferErrors,
    operation: operations.infer,
  }),
  v2({ method: 'GET', path: '/v2', handler: () => oip.server, operation: operations.server }),
  v2({ method: 'GET', path: '/v2/health/live', handler: () => oip.live, isProbe: true, operation: operations.live }),
  v2({ method: 'GET', path: '/v2/health/ready', handler: () => oip.ready, isProbe: true, operation: operations.ready }),
  v2({ method: 'GET', path: '/v2/models', handler: () => oip.models, operation: operations.models }),
  // In front of the model of that name.
  v2({
    method: 'GET',
    path: '/v2/models/stats',
    handler: () => oip.allStatistics,
    operation: operations.allStatistics,
  }),
  v2({
    method: 'GET',
    path: '/v2/models/:model{/versions/:version}',
    handler: () => oip.model,
    errors: operations.modelErrors,
    operation: operations.model,
  }),
  v2({
    method: 'GET',
    path: '/v2/models/:model{/versions/:version}/card',
    handler: () => oip.card,
    errors: [...operations.modelErrors, 'ERR_ROUTE_NOT_FOUND'],
    operation: operations.card,
  }),
  v2({
    method: 'GET',
    path: '/v2/models/:model{/versions/:version}/ready',
    listeners: ['inference', 'admin'],
    handler: () => oip.modelReady,
    errors: operations.modelErrors,
    operation: operations.modelReady,
  }),
  v2({
    method: 'GET',
    path: '/v2/models/:model{/versions/:version}/config',
    handler: () => oip.config,
    errors: operations.modelErrors,
    operation: operations.config,
  }),
  v2({
    method: 'GET',
    path: '/v2/models/:model{/versions/:version}/stats',
    handler: () => oip.statistics,
    errors: operations.modelErrors,
    operation: operations.statistics,
  }),
  // Below the protocol's own rows, whose form of errors is that of unknown paths: this one points at the item at fault.
  {
    method: 'POST',
    path: '/v2/models/:model{/versions/:version}/feedback',
    handler: () => feedback,
    errors: [...operations.modelErrors, ...feedbackErrors],
    operation: modelFeedbackOperation,
  },
  v2({
    method: 'GET',
    path: '/v2/models/:model{/versions/:version}/monitoring',
    listeners: ['inference', 'admin'],
    handler: () => monitoring,
    errors: operations.modelErrors,
    operation: operations.monitoring,
  }),
  v2({
    method: 'POST',
    path: '/v2/repository/index',
    listeners: ['inference', 'admin'],
    handler: () => repositoryIndex,
    errors: operations.indexErrors,
    operation: operations.repositoryIndex,
  }),
  { method: 'GET', path: '/', handler: consoleRows.front, isProbe: true, operation: consoleRows.frontOperation },
  // Without a token: nothing of the page and its files is about this server.
  {
    ...forReaders,
    path: '/console/:digest/:file',
    handler: () => consoleRows.asset,
    isConsole: true,
    errors: ['ERR_ROUTE_NOT_FOUND'],
    operation: consoleRows.assetOperation,
  },
  {
    method: 'GET',
    path: '/console/state',
    listeners: ['inference', 'admin'],
    handler: consoleRows.state,
    isConsole: true,
    operation: consoleRows.stateOperation,
  },
  {
    method: 'GET',
    path: '/console/state/:model/:version',
    listeners: ['inference', 'admin'],
    handler: consoleRows.model,
    isConsole: true,
    errors: ['ERR_MODEL_NOT_FOUND', 'ERR_VERSION_NOT_FOUND'],
    operation: consoleRows.modelOperation,
  },
  v1({ method: 'GET', path: '/v1/models', handler: () => oip.models, operation: compat.models }),
  v1({
    method: 'POST',
    path: '/v1/models/:model{/versions/:version}\\:predict',
    handler: () => kserve.predict,
    hot: true,
    errors: compat.inferErrors,
    operation: compat.predict,
  }),
  v1({
    method: 'GET',
    path: '/v1/models/:model{/versions/:version}',
    handler: () => kserve.modelReady,
    errors: compat.modelErrors,
    operation: compat.modelReady,
  }),
  forTorchServe({
    method: 'GET',
    path: '/ping',
    handler: () => torchserve.ping,
    isProbe: true,
    operation: compat.ping,
  }),
  ...(['POST', 'PUT'] as const).map((method) =>
    forTorchServe({
      method,
      path: '/predictions/:model{/:version}',
      handler: () => torchserve.predictions,
      hot: true,
      errors: compat.inferErrors,
      operation: compat.predictions(`torchserve${method === 'POST' ? 'Predict' : 'Put'}`),
    }),
  ),
  ...adminRoutes,
];
