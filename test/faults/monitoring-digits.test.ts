/** Drift of the bundled digit model by its own record: held-out digits it was not trained on, and the same ones spoilt. */
import { expect } from 'chai';
import type { MonitoringReport } from '#dist/monitoring/report.js';
import { heldOutDigits, inverted } from '../support/monitoring/held-out.js';
import { until } from '../support/server/http.js';
import { ask, serveProcess } from '../support/server/serve-process.js';

const rows = 500;
const seconds = 2;

function noisy(body: Buffer): Buffer {
  const values = new Float32Array(body.buffer, body.byteOffset, body.length / 4);
  return Buffer.from(values.map((value) => Math.min(1, Math.max(0, value + 0.6 * (Math.random() - 0.5)))).buffer);
}

const cases = [
  { name: 'held-out digits', level: 'ok', status: 'estimated', spoil: (body: Buffer) => body },
  { name: 'inverted ones', level: 'drift', status: 'not calibrated here', spoil: inverted },
  { name: 'noisy ones', level: 'drift', status: 'not calibrated here', spoil: noisy },
];

describe('monitoring of the bundled digit model', function () {
  this.timeout(90_000);
  for (const workers of [1, 2]) {
    for (const { name, level, status, spoil } of cases) {
      it(`calls the first window of ${name} ${level}, with ${workers} process${workers > 1 ? 'es' : ''}`, async () => {
        const server = serveProcess([
          ...(workers > 1 ? ['mnist-mlp', '--workers', String(workers)] : ['mnist-mlp']),
          ...['--drift-window-seconds', String(seconds)],
        ]);
        try {
          await server.seen(workers > 1 ? 'worker ready' : 'ready', workers);
          const port = await server.port();
          const send = async () => {
            const pixels = spoil(heldOutDigits(25).body);
            const values = new Float32Array(pixels.buffer, pixels.byteOffset, pixels.length / 4);
            const inputs = Array.from({ length: 25 }, (_, i) => [...values.subarray(i * 784, (i + 1) * 784)]);
            const { status } = await ask(port, '/predict', { body: Buffer.from(JSON.stringify({ inputs })) });
            expect(status).to.equal(200);
          };
          for (let sent = 0; sent < rows; sent += 25) await send();
          let report: MonitoringReport | undefined;
          const later = Date.now() + 5000;
          const isClosed = async (): Promise<boolean> => {
            const { body } = await ask(port, '/v2/models/mnist-mlp/monitoring');
            [report] = (JSON.parse(body) as { models: MonitoringReport[] }).models;
            if ((report?.windows.length ?? 0) > 0) return true;
            // A busy machine looks at a part of the rows only, and needs more of them.
            if (Date.now() > later) await send();
            return false;
          };
          await until('a window closes', isClosed, 45_000);
          expect(report?.windows[0]).to.include({ level });
          expect(report?.windows[0]?.rows).to.be.at.least(rows);
          expect(report?.estimated?.status).to.equal(status);
        } finally {
          server.child.kill('SIGTERM');
          await server.ended;
        }
      });
    }
  }
});
