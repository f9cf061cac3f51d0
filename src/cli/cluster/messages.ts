import type { Worker } from 'node:cluster';
import type { AddressInfo, Socket } from 'node:net';
import { torchError, type SaidError } from '../../errors.js';
import type { MetricsSnapshot } from '../../monitoring/aggregate.js';
import type { MonitoringReport } from '../../monitoring/report.js';
import type { LabelledPart } from '../../monitoring/performance/index.js';
import type { FeedbackItem, FeedbackOutcome, KnownAnswer } from '../../server/feedback/item.js';
import type { ManagedModel, Management } from '../../server/management/management.js';
import type { ObservedCounts, Watched } from '../../server/monitoring/sink.js';
import type { WatchKey } from '../../server/monitoring/watch-key.js';
import type { CanaryVerdict } from '../../monitoring/canary/verdict.js';
import type { SeenOfCanary } from '../../serving/canary/canaries.js';
import type { CanarySettings, FailedModel } from '../../serving/index.js';
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
  | { readonly kind: 'metrics'; readonly question: number; readonly text: string; readonly error?: SaidError }
  /** What is known of the versions that all workers watch, for the question of that number. */
  | {
      readonly kind: 'monitoring';
      readonly question: number;
      readonly reports: readonly MonitoringReport[];
      readonly error?: SaidError;
    }
  /** Labels came: what did you answer to their requests, and when? Say `feedbackKnown`. */
  | { readonly kind: 'findFeedback'; readonly round: number; readonly items: readonly FeedbackItem[] }
  /** Nobody has answered these requests later than you: count their labels, and say `feedbackCounted`. */
  | { readonly kind: 'countFeedback'; readonly round: number; readonly items: readonly FeedbackItem[] }
  /** What became of the labels of that question; nothing for a request that nobody knows. */
  | {
      readonly kind: 'feedbackAnswer';
      readonly question: number;
      readonly outcomes: readonly (FeedbackOutcome | undefined)[];
    }
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
  /** Somebody could not, as `failed` says, or nobody wants it any more: free what was prepared, and say `done`. */
  | { readonly kind: 'abandon'; readonly change: number; readonly failed?: FailedVersion }
  /** Take it out of service and say `prepared`; `done` once no call of it is left. */
  | { readonly kind: 'unload'; readonly change: number; readonly name: string; readonly version: string }
  /** Versions that failed again and again may be loaded again. Say `done`. */
  | { readonly kind: 'clear'; readonly change: number; readonly name: string; readonly version?: string }
  /** Split the requests of a model, or do so no more, and say `done`. The worker `teller` has the events of it. */
  | { readonly kind: 'canary'; readonly change: number; readonly told: ToldCanary; readonly teller: number | undefined }
  /** A version that is up is the default of its name from now on. Say `done`. */
  | { readonly kind: 'prefer'; readonly change: number; readonly name: string; readonly version: string }
  /** Models were changed while you started: become like the others, and say `done`. */
  | {
      readonly kind: 'sync';
      readonly change: number;
      readonly models: readonly SetMember[];
      /** By the names of models: what aliases mean in the others. */
      readonly aliases: Readonly<Record<string, VersionsByAlias>>;
      readonly canaries: readonly ToldCanary[];
    }
  /** Say what is loaded. A worker says it by itself, as round 0, when that changes. */
  | { readonly kind: 'describe'; readonly round: number }
  /** What management has answered to a question, or why it has not. */
  | { readonly kind: 'answer'; readonly question: number; readonly value?: unknown; readonly error?: SaidError };

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
  /** This worker watches a version. Who says it again changes nothing. */
  | { readonly kind: 'watched'; readonly version: Watched }
  /** It takes no more calls. */
  | { readonly kind: 'unwatched'; readonly version: WatchKey }
  /** What was observed since the last time: counts, about once a second. */
  | { readonly kind: 'observed'; readonly parts: readonly ObservedCounts[] }
  /** What is known of all versions, or of those of one name? */
  | { readonly kind: 'askMonitoring'; readonly question: number; readonly model?: string }
  /** What this worker answers is remembered from now on, and it knows what became of labels. */
  | { readonly kind: 'remembers' }
  /** Labels came to this worker: who has answered their requests? */
  | { readonly kind: 'askFeedback'; readonly question: number; readonly items: readonly FeedbackItem[] }
  /** What this worker answered to each, and when; nothing for what it does not know. */
  | { readonly kind: 'feedbackKnown'; readonly round: number; readonly known: readonly (readonly KnownAnswer[])[] }
  | { readonly kind: 'feedbackCounted'; readonly round: number; readonly outcomes: readonly FeedbackOutcome[] }
  /** Labels were counted here. */
  | { readonly kind: 'labelled'; readonly parts: readonly LabelledPart[] }
  /** Before anything else: what are the settings? */
  | { readonly kind: 'askSettings' }
  /** And then: what shall I load? */
  | { readonly kind: 'askSet' }
  | { readonly kind: 'prepared' | 'done'; readonly change: number }
  /** With the version that this worker blames; without where it blames none. */
  | ({ readonly kind: 'failed'; readonly change: number } & (FailedVersion | { readonly error: SaidError }))
  | ({ readonly kind: 'description'; readonly round: number } & Description)
  /** What was seen of canaries since it was said last: about a second. */
  | { readonly kind: 'canarySeen'; readonly seen: readonly SeenOfCanary[] }
  /**
   * The canary of that revision is what is stable, or cannot be one any more, which every worker finds out; with a reason where this
   * one alone has found that what it has loaded cannot be one.
   */
  | { readonly kind: 'canaryOver'; readonly name: string; readonly revision: number; readonly reason?: string }
  /** A client of this worker asks management: a change is made in every worker. */
  | { readonly kind: 'ask'; readonly question: number; readonly asked: AskedOfManagement }
  /** Nobody waits for that change any more: it is given up, unless it comes too late. An answer comes either way. */
  | { readonly kind: 'cancel'; readonly question: number; readonly error: SaidError };

/** A call of `Management`, as a worker asks for it. */
export interface AskedOfManagement {
  readonly action: Exclude<keyof Management, 'list' | 'close'>;
  /** Empty for what is of no model. */
  readonly name: string;
  readonly version?: string | undefined;
  readonly alias?: string | undefined;
  readonly settings?: CanarySettings | undefined;
}

/** Why a version could not be loaded. */
export interface FailedVersion {
  readonly error: SaidError;
  /** Empty where nobody could say which is meant. */
  readonly version: string;
}

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

/** What is to become of the requests of one model. */
export interface ToldCanary {
  readonly name: string;
  /** What is told later has a greater one. */
  readonly revision: number;
  /** How they are split from now on; left out: not at all. */
  readonly settings?: CanarySettings;
  /** Why not any more. */
  readonly verdict?: CanaryVerdict;
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

/**
 * For a process that is a worker: pm2 and others start programs as workers of theirs, and would never answer what this one asks.
 * @throws ERR_CONFIG when its primary is not `serve --workers`
 */
export function requireOwnWorker(): void {
  if (process.env[variable] !== undefined) return;
  throw torchError(
    'ERR_CONFIG',
    'Expected a process of its own for serve but another program (pm2 in cluster mode?) started it as a worker of node:cluster' +
      '\n  fix: with pm2 leave out -i (exec_mode: fork, instances: 1) and pass --workers N to serve (docs/using-with.md#pm2)',
  );
}

/** Of this process, which is a worker. */
export function ownAssignment(): Assignment {
  return JSON.parse(process.env[variable] ?? '') as Assignment;
}
