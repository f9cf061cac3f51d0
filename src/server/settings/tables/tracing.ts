/** Spans of requests and batches: docs/tracing.md. */
import { choice } from '../setting.js';

export const tracingRows = {
  tracing: choice({
    options: ['auto', 'off'],
    initial: 'auto',
    description:
      'Whether spans are made where the process has a provider of OpenTelemetry; without one there are none.',
  }),
};
