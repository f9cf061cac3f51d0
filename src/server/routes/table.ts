import { Liveness, Readiness } from '../schemas/health.js';
import { json } from '../openapi/operation.js';
import { live, ready } from './health.js';
import { metrics } from './metrics.js';
import { openapi } from './openapi.js';
import { predict } from './predict.js';
import { predictErrors, predictOperation } from './predict-operation.js';
import type { Route } from './route.js';

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
];
