import type { Worker } from 'node:cluster';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { Distributor } from '#dist/cli/cluster/distributor.js';
import { ClusterMetrics } from '#dist/cli/cluster/metrics.js';
import { ServerMetrics } from '#dist/monitoring/metrics.js';

describe('cluster: metrics', () => {
  const dropped = /^node_libtorch_http_connections_dropped_total (\d+)$/m;
  const acceptErrors = /^node_libtorch_http_accept_errors_total (\d+)$/m;

  it('count the connections that no worker took beside those that workers have closed', async () => {
    const metrics = new ClusterMetrics();
    let closed = 0;
    const onClosed = () => ++closed;
    const distributor = new Distributor({ maxWaiting: 1, maxWaitMs: 100, now: () => 0, onClosed });
    metrics.connections = () => ({ dropped: closed, acceptErrors: 3 });
    for (let offered = 0; offered < 3; offered++) {
      distributor.offer({ destroy: () => undefined } as unknown as Socket, 'http');
    }
    let text = await metrics.text();
    expect([dropped.exec(text)?.[1], acceptErrors.exec(text)?.[1]]).to.deep.equal(['2', '3']);

    const ofWorker = new ServerMetrics();
    for (let i = 0; i < 4; i++) ofWorker.connectionDropped();
    ofWorker.acceptFailed();
    const worker = { id: 1, isDead: () => false } as unknown as Worker;
    metrics.onMessage(worker, { kind: 'snapshot', round: 0, snapshot: await ofWorker.snapshot() });
    // What was counted at the admin port is a third.
    const admin = new ServerMetrics();
    admin.connectionDropped();
    text = await metrics.text(() => admin.snapshot());
    expect([dropped.exec(text)?.[1], acceptErrors.exec(text)?.[1]]).to.deep.equal(['7', '4']);
    metrics.onExit(worker);
    text = await metrics.text();
    expect([dropped.exec(text)?.[1], acceptErrors.exec(text)?.[1]]).to.deep.equal(['7', '4']);
  });
});
