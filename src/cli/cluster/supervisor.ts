import cluster, { type Worker } from 'node:cluster';
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode, torchError } from '../../errors.js';
import { createLogger, flushLogger, type Logger } from '../../monitoring/logging.js';
import { connectionRoom } from '../../server/http/descriptors.js';
import type { Intake, OpenPort } from '../../server/http/port.js';
import type { Settings } from '../../server/settings/table.js';
import { onSignals, type Ending } from '../ending.js';
import { exitCodes, reportError } from '../report.js';
import type { ServeJob } from '../serve.js';
import { listenForAdmin, type ClusterAdmin } from './admin.js';
import { Distributor } from './distributor.js';
import { ClusterFeedback } from './feedback.js';
import { environmentOf, send, type Assignment, type ToPrimary } from './messages.js';
import { ClusterMetrics } from './metrics.js';
import { ClusterModels } from './models.js';
import { ClusterMonitoring } from './monitoring.js';
import { crashWindowMs, Restarts } from './restarts.js';
import { Watchdog } from './watchdog.js';

/** How often workers are asked for a sign of life. */
const tickMs = 1000;
/** Descriptors for each worker: its channel, and a connection that it has not confirmed. */
const descriptorsPerWorker = 2;
/** How long connections that have arrived may wait for a worker once the end has begun. */
const lastConnectionsMs = 1000;
/** Beyond the drain's own time: a worker closes its models for up to 10 s. One that hangs ends by no word. */
const endReserveMs = 15_000;

/** The open ports of a server, one for each protocol. */
export interface Ports {
  readonly http: OpenPort;
  readonly grpc: OpenPort | undefined;
}

/**
 * Keeps workers running until a signal ends them: each is this very command in a process of its own, and gets its
 * connections from the ports. Returns the code to exit with: that of the first worker when it never got ready, 1 when workers
 * keep ending, 0 after a drain.
 */
export async function supervise(ports: Ports, job: ServeJob): Promise<number> {
  const { settings } = job;
  const logger = createLogger({ level: settings.logLevel, shared: true });
  const models = await ClusterModels.read(job, logger);
  let admin: ClusterAdmin | undefined;
  const code = await new Promise<number>((resolve, reject) => {
    const supervisor = new Supervisor(ports, settings, { models, logger }, resolve);
    const { metrics, monitoring } = supervisor;
    const isEnding = (): boolean => supervisor.isEnding;
    listenForAdmin(settings, models, { metrics, monitoring, logger, isEnding }).then((listening) => {
      admin = listening;
      supervisor.start();
      job.onDrainable();
    }, reject);
  });
  await admin?.close();
  await flushLogger(logger);
  return code;
}

type Answers = {
  readonly [K in ToPrimary['kind']]?: (worker: Worker, message: Extract<ToPrimary, { kind: K }>) => void;
};

class Supervisor {
  readonly metrics = new ClusterMetrics();
  readonly monitoring: ClusterMonitoring;
  readonly feedback = new ClusterFeedback();
  readonly #models: ClusterModels;
  readonly #ports: Ports;
  readonly #settings: Settings;
  readonly #logger: Logger;
  readonly #done: (code: number) => void;
  readonly #distributor: Distributor;
  readonly #watchdog: Watchdog;
  /** What a message does; those that are not here are of metrics and of models. */
  readonly #answers: Answers = {
    started: (worker) => {
      if (this.#code !== undefined) this.#tellEnd([worker], 0);
    },
    took: (worker, { number }) => this.#distributor.confirmed(worker, number),
    pong: (worker, { sent }) => this.#distributor.heard(worker, sent),
    listening: (worker) => this.#distributor.add(worker),
    leaving: (worker) => {
      this.#distributor.retire(worker);
      send(worker, { kind: 'last' });
    },
    ready: (worker) => void this.#onReady(worker),
  };
  readonly #intakes: Intake[] = [];
  /** Connections that no worker took: since the start, and those that the log has. */
  #closedConnections = 0;
  #saidClosed = 0;
  readonly #attempt = randomUUID();
  readonly #restarts = new Restarts();
  /** Those that have got connections. */
  readonly #haveServed = new WeakSet<Worker>();
  #proven = false;
  /** Workers that were started in place of others. */
  #replaced = 0;
  /** Set once the end has begun. */
  #code: number | undefined;
  /** Nothing is accepted or handed out any more. */
  #isClosed = false;

  constructor(
    ports: Ports,
    settings: Settings,
    { models, logger }: { readonly models: ClusterModels; readonly logger: Logger },
    done: (code: number) => void,
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#models = models;
    this.#logger = logger;
    this.monitoring = new ClusterMonitoring(settings, logger);
    Object.assign(this.metrics.sources, this.monitoring.sources);
    this.#done = done;
    const open = [ports.http, ports.grpc].filter((port) => port !== undefined);
    this.#closedConnections = open.reduce((sum, { closed }) => sum + closed, 0);
    // Without a descriptor left the system would take connections and close them, and nobody would know.
    const room = connectionRoom(descriptorsPerWorker * settings.workers);
    this.#distributor = new Distributor({
      maxWaiting: Math.min(settings.maxConnections, room),
      maxWaitMs: settings.headersTimeoutMs,
      now: () => performance.now(),
      onClosed: () => {
        this.#closedConnections++;
      },
    });
    this.metrics.connections = () => ({
      dropped: this.#closedConnections,
      acceptErrors: open.reduce((sum, port) => sum + port.acceptErrors, 0),
    });
    this.metrics.sources.canaryRollbacks = () => models.fleet.canaries.rollbacks.samples();
    this.metrics.sources.workers = () => ({
      running: workers().filter((worker) => this.#haveServed.has(worker)).length,
      restarts: this.#replaced,
    });
    this.#watchdog = new Watchdog(Math.ceil(settings.workerTimeoutMs / tickMs), (worker) => this.#onHanging(worker));
  }

  get isEnding(): boolean {
    return this.#code !== undefined;
  }

  start(): void {
    cluster.on('message', (worker, message: ToPrimary) => this.#onMessage(worker, message));
    cluster.on('exit', (worker, code, signal) => this.#onExit(worker, code, signal));
    onSignals(this.#settings, {
      begin: (ending) => this.#onEnding(ending),
      insist: () => this.#killAll(),
      refresh: () => this.#models.refresh(),
    });
    const { http, grpc } = this.#ports;
    this.#intakes.push(http.passTo((socket) => this.#distributor.offer(socket, 'http')));
    if (grpc) this.#intakes.push(grpc.passTo((socket) => this.#distributor.offer(socket, 'grpc')));
    setInterval(() => this.#onTick(), tickMs).unref();
    // The first shows that it can be done: what is wrong with the model is then said once.
    this.#fork();
  }

  #fork(): void {
    const worker = cluster.fork(environmentOf(this.#assignment()));
    // Not 'exit': what it said last may come after that. Not 'disconnect': it does not come while a connection is on its way.
    worker.process.once('close', () => this.#distributor.remove(worker));
  }

  #replace(): void {
    this.#replaced++;
    this.#fork();
  }

  #assignment(): Assignment {
    const { http, grpc } = this.#ports;
    return { address: http.address, grpcAddress: grpc?.address, isFirst: !this.#proven, attempt: this.#attempt };
  }

  #onMessage(worker: Worker, message: ToPrimary): void {
    this.#watchdog.heard(worker);
    this.metrics.onMessage(worker, message);
    this.monitoring.onMessage(worker, message);
    this.feedback.onMessage(worker, message);
    this.#models.onMessage(worker, message);
    this.#answers[message.kind]?.(worker, message as never);
  }

  async #onReady(worker: Worker): Promise<void> {
    const { id, process } = worker;
    if (worker.isDead()) return;
    this.#watchdog.add(worker);
    try {
      await this.#models.admit(worker);
    } catch (err) {
      // One that drains with all others refuses what it is told, and one that leaves is not ready for it: both end by themselves.
      if (worker.isDead() || this.#code !== undefined || hasCode(err, 'ERR_NOT_READY')) return;
      this.#logger.error({ worker: id, err }, 'worker cannot load what the others have: killed');
      process.kill('SIGKILL');
      return;
    }
    this.#distributor.add(worker);
    this.#haveServed.add(worker);
    this.#restarts.started();
    this.#logger.info({ worker: id, pid: process.pid }, 'worker ready');
    if (this.#proven || this.#code !== undefined) return;
    this.#proven = true;
    for (let others = 1; others < this.#settings.workers; others++) this.#fork();
  }

  #onExit(worker: Worker, code: number | null, signal: string | null): void {
    this.metrics.onExit(worker);
    this.feedback.onExit(worker);
    this.#models.onExit(worker);
    this.#watchdog.remove(worker);
    if (this.#code === undefined) this.#onCrash(worker, code, signal);
    else if (code !== 0) this.#code = exitCodes.failure;
    if (this.#code !== undefined && workers().length === 0) this.#done(this.#code);
  }

  #onCrash(worker: Worker, code: number | null, signal: string | null): void {
    const { id } = worker;
    if (!this.#proven) {
      this.#code = code || exitCodes.failure;
      // It has said itself what is wrong when it ends by this code; one that is killed cannot.
      if (code !== exitCodes.failure) this.#sayFirstEnded(id, code, signal);
      return;
    }
    const restarts = this.#restarts;
    if (!this.#haveServed.has(worker) && this.#models.fleet.isUp) {
      const retryMs = restarts.couldNotStart();
      this.#logger.error({ worker: id, code, signal, retryMs }, 'worker could not start: the others serve on');
      setTimeout(() => {
        if (this.#code === undefined) this.#replace();
      }, retryMs);
      return;
    }
    const isEnough = restarts.crashed(performance.now());
    this.#logger.error({ worker: id, code, signal, crashes: restarts.crashes }, 'worker ended');
    if (!isEnough) {
      this.#replace();
      return;
    }
    this.#logger.fatal({ crashes: restarts.crashes, withinMs: crashWindowMs }, 'workers keep ending');
    void this.#end(exitCodes.failure, 0);
  }

  #sayFirstEnded(worker: number, code: number | null, signal: string | null): void {
    const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
    const hint = signal === 'SIGKILL' ? '\n  fix: if nobody killed it, the system ran out of memory: see its log' : '';
    this.#logger.fatal({ worker, code, signal }, 'the first worker ended before it was ready');
    reportError(torchError('ERR_INTERNAL', `The first worker ended ${how} before it was ready${hint}`), {
      json: false,
    });
  }

  /** Its connections, and one that it was sent, go to others once it has ended. */
  #onHanging(worker: Worker): void {
    const { workerTimeoutMs } = this.#settings;
    this.#logger.error({ worker: worker.id, workerTimeoutMs }, 'worker does not answer: killed');
    worker.process.kill('SIGKILL');
  }

  #onTick(): void {
    this.#distributor.expire();
    this.#watchdog.tick(() => ({ kind: 'ping', sent: this.#distributor.sent }));
    const connections = this.#closedConnections - this.#saidClosed;
    if (connections === 0) return;
    this.#logger.warn({ connections }, 'closed connections that no worker took');
    this.#saidClosed = this.#closedConnections;
  }

  #onEnding({ because, preStopDelayMs: announcedMs }: Ending): void {
    if (this.#code !== undefined) return;
    // Nobody sends requests to what was never ready.
    const preStopDelayMs = this.#proven ? announcedMs : 0;
    this.#logger.info({ ...because, preStopDelayMs }, 'draining');
    void this.#end(exitCodes.ok, preStopDelayMs);
  }

  /** Workers say "not ready" for a while, nothing new is accepted, what has arrived is handed out, and the workers drain. */
  async #end(code: number, preStopDelayMs: number): Promise<void> {
    this.#code = code;
    void this.#models.close();
    setTimeout(() => this.#killRest(), preStopDelayMs + this.#settings.drainTimeoutMs + endReserveMs).unref();
    this.#tellEnd(workers(), preStopDelayMs);
    if (preStopDelayMs > 0) await delay(preStopDelayMs);
    await Promise.all(this.#intakes.map((intake) => intake.stop()));
    await Promise.race([this.#distributor.settled(), delay(lastConnectionsMs)]);
    this.#isClosed = true;
    this.#tellEnd(workers(), 0);
  }

  #tellEnd(told: readonly Worker[], preStopDelayMs: number): void {
    for (const worker of told) {
      send(worker, { kind: 'drain', preStopDelayMs });
      if (this.#isClosed) send(worker, { kind: 'last' });
    }
  }

  /** Nobody watches a worker that loads, and one that hangs does not hear that it is to end. */
  #killRest(): void {
    const left = workers();
    this.#code = exitCodes.failure;
    this.#logger.error({ workers: left.map(({ id }) => id) }, 'workers did not end: killed');
    for (const worker of left) worker.process.kill('SIGKILL');
  }

  #killAll(): void {
    for (const worker of workers()) worker.process.kill('SIGKILL');
    process.exit(exitCodes.failure);
  }
}

function workers(): Worker[] {
  // One that has ended stays listed until its channel has closed too.
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined && !worker.isDead()) as Worker[];
}
