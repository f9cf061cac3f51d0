import type { Worker } from 'node:cluster';
import type { AddressInfo, Socket } from 'node:net';
import { isErrorCode, TorchError, torchError, type ErrorCode } from '../../errors.js';
import type { MetricsSnapshot } from '../../monitoring/aggregate.js';
import type { ManagedModel } from '../../server/management/management.js';
import type { FailedModel } from '../../serving/index.js';
import type { ModelEntry } from '../../server/settings/model-entries.js';
import type { Settings } from '../../server/settings/table.js';

/** What is spoken on a connection: the primary has a port for each. */
export type Protocol = 'http' | 'grpc';

/** What the primary process and its workers say to each other. */
export type ToWorker =
  /** A connection comes with it. Say `took` at once: until then it is the primary's too. */
  | { readonly kind: 'connection'; readonly number: number; readonly protocol: Protocol }
  /** Say `pong`: a worker that says nothing for long is killed. `sent` is the number of the last connection sent to any worker. */
  | { readonly kind: 'ping'; readonly sent: number }
  /** Say "not ready" for so long, then answer what was begun, and end. Connections may come until `last`. */
  | { readonly kind: 'drain'; readonly preStopDelayMs: number }
  /** No connection will come after this. */
  | { readonly kind: 'last' }
  /** Send a snapshot of your metrics. */
  | { readonly kind: 'collect'; readonly round: number }
  /** The metrics of all workers, for the question of that number. */
  | { readonly kind: 'metrics'; readonly question: number; readonly text: string }
  /** What the primary was started with, so that every worker has the same settings, whatever became of the file since. */
  | { readonly kind: 'settings'; readonly settings: Settings; readonly models: readonly ModelEntry[] }
  /** The models to start with. */
  | { readonly kind: 'set'; readonly models: readonly SetMember[] }
  /** Load it beside what serves, warm it up, and say `prepared`: nobody gets an answer of it yet. */
  | { readonly kind: 'prepare'; readonly change: number; readonly model: ModelEntry }
  /** What aliases of a model mean from now on: load what those mean anew that are served, and say `prepared`. */
  | {
      readonly kind: 'prepareAliases';
      readonly change: number;
      readonly name: string;
      readonly aliases: VersionsByAlias;
    }
  /** All have prepared it: swap, and say `done`. */
  | { readonly kind: 'commit'; readonly change: number }
  /** Somebody could not: free what was prepared, and say `done`. */
  | { readonly kind: 'abandon'; readonly change: number }
  /** Take it out of service and say `prepared`; `done` once no call of it is left. */
  | { readonly kind: 'unload'; readonly change: number; readonly name: string; readonly version: string }
  /** Versions that failed again and again may be loaded again. Say `done`. */
  | { readonly kind: 'clear'; readonly change: number; readonly name: string; readonly version?: string }
  /** Models were changed while you started: become like the others, and say `done`. */
  | {
      readonly kind: 'sync';
      readonly change: number;
      readonly models: readonly SetMember[];
      /** By the names of models: what aliases mean in the others. */
      readonly aliases: Readonly<Record<string, VersionsByAlias>>;
    }
  /** Say what is loaded. A worker says it by itself, as round 0, when that changes. */
  | { readonly kind: 'describe'; readonly round: number }
  /** What became of a change that was asked for. */
  | { readonly kind: 'answer'; readonly question: number; readonly error?: SaidError };

export type ToPrimary =
  /** Messages are heard from now on. What was said before was not. */
  | { readonly kind: 'started' }
  /** A connection would be answered, though perhaps with "not ready". */
  | { readonly kind: 'listening' }
  /** Its models are up, and these are they. */
  | ({ readonly kind: 'ready' } & Description)
  | { readonly kind: 'took'; readonly number: number }
  | { readonly kind: 'pong'; readonly sent: number }
  /** Send no more connections, and say `last`: this worker ends by itself. */
  | { readonly kind: 'leaving' }
  | { readonly kind: 'snapshot'; readonly round: number; readonly snapshot: MetricsSnapshot }
  | { readonly kind: 'askMetrics'; readonly question: number }
  /** Before anything else: what are the settings? */
  | { readonly kind: 'askSettings' }
  /** And then: what shall I load? */
  | { readonly kind: 'askSet' }
  | { readonly kind: 'prepared' | 'done'; readonly change: number }
  | { readonly kind: 'failed'; readonly change: number; readonly error: SaidError }
  | ({ readonly kind: 'description'; readonly round: number } & Description)
  /** A client of this worker wants a change: it is made in every worker. */
  | {
      readonly kind: 'ask';
      readonly question: number;
      readonly action: 'load' | 'unload';
      readonly name: string;
      readonly version?: string;
    }
  /** Nobody waits for that change any more: it is given up, unless it comes too late. An answer comes either way. */
  | { readonly kind: 'cancel'; readonly question: number; readonly error: SaidError };

/** What a worker has. */
export interface Description {
  readonly models: readonly ManagedModel[];
  readonly failed: readonly Omit<FailedModel, 'error'>[];
}

/** What each alias of a model means. */
export type VersionsByAlias = Readonly<Record<string, string>>;

/** One version of a model that every worker has, by one of the names that it is served by. */
export interface SetMember {
  readonly name: string;
  /** The version itself, or an alias of it. */
  readonly reference: string;
  /** Empty where it is not known which the registry takes for the default. */
  readonly version: string;
  /** How it is loaded: by this reference alone. */
  readonly model: ModelEntry;
  /** The change that has loaded it; 0 at the start. */
  readonly revision: number;
}

/** An error, as a message between processes can carry it. */
export interface SaidError {
  readonly code: ErrorCode;
  readonly message: string;
}

export function sayError(thrown: unknown): SaidError {
  if (thrown instanceof TorchError) return { code: thrown.code, message: thrown.message };
  return { code: 'ERR_INTERNAL', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

export function errorOf({ code, message }: SaidError): TorchError {
  return torchError(isErrorCode(code) ? code : 'ERR_INTERNAL', message);
}

/** Says it to the other side of a worker's channel, if there still is one. */
export function send(worker: Worker, message: ToWorker | ToPrimary): void {
  // Without a callback a channel that closes meanwhile would be an unhandled error.
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** As `send`, with a connection that stays open on this side as well. */
export function sendConnection(worker: Worker, message: ToWorker, socket: Socket): void {
  if (worker.isConnected()) worker.process.send(message, socket, { keepOpen: true }, () => undefined);
}

/** What a worker is told as it starts, in its environment. */
export interface Assignment {
  /** Where the primary listens. */
  readonly address: AddressInfo;
  /** And for gRPC, where it does. */
  readonly grpcAddress?: AddressInfo | undefined;
  /** Nobody was ready before: connections are taken while the model loads, so that health checks are answered. */
  readonly isFirst: boolean;
  /** What the loads of all workers of this server count as, when they start: one that fails counts once towards a quarantine. */
  readonly attempt: string;
}

const variable = 'NODE_LIBTORCH_WORKER';

export function environmentOf(assignment: Assignment): NodeJS.ProcessEnv {
  return { [variable]: JSON.stringify(assignment) };
}

/** Of this process, which is a worker. */
export function ownAssignment(): Assignment {
  return JSON.parse(process.env[variable] ?? '') as Assignment;
}
