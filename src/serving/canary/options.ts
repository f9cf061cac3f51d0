/** What is said of a canary release, and what is told of it. */
import * as check from '../../check.js';
import { expected } from '../../errors.js';
import { defaultLimits, type CanaryLimits } from '../../monitoring/canary/limits.js';
import type { CanaryLimitName, CanaryNumbers } from '../../monitoring/canary/verdict.js';
import { isAlias } from '../../registry/names.js';
import { checkServedReference } from '../names.js';

/** A version that is to get a share of a model's requests. */
export interface CanaryOptions {
  /** A version, an alias of one, or its digest. It is loaded beside what serves, if it is not up. */
  version: string;
  /** Of the requests that are split: above 0, at most 1. */
  share: number;
  /**
   * Name of a header (or of gRPC metadata): requests with the same value of it go to the same side, in every process and after
   * each restart; whoever is on the canary stays there as the share grows. Those without it are split at random. Default: all
   * are.
   */
  sticky?: string;
  /** The requests that name this alias are split, and no others. Default: those that name the model alone. */
  alias?: string;
  /** By how much its error rate may be above that of what is stable, default 0.02. */
  maxErrorRate?: number;
  /** How many times as long its answers may take as those of what is stable, at the 95th percentile. Default 2. */
  maxLatencyRatio?: number;
  /** How many milliseconds they may take at the 95th percentile. Default: no limit. */
  maxLatencyMs?: number;
  /**
   * The share of its answers that may differ from what is stable on the same input: another class, other labels, or a value that
   * is off by more than 5 %. Then some inputs are run on both. Default: no limit, and nothing is compared.
   */
  maxDisagreement?: number;
  /** What a verdict looks back on, in seconds: 5 to 3600, default 60. Below 200 answers of the canary in it there is none. */
  windowSeconds?: number;
  /** Whether the version stays loaded after a rollback, or once the canary is ended. Default true. */
  keepLoaded?: boolean;
}

/** Options that were checked. */
export interface CanarySettings extends CanaryLimits {
  readonly version: string;
  readonly share: number;
  readonly sticky?: string;
  readonly alias?: string;
  readonly keepLoaded: boolean;
}

/** What is known of a canary. */
export interface CanaryReport extends CanarySettings {
  readonly model: string;
  /** The version that gets the rest; empty where nothing serves any more. */
  readonly stable: string;
  /** The alias that moves when it is promoted; left out where the default of the name does. */
  readonly promotes?: string;
  /** `rolled back`: its share is 0 until it is set anew. */
  readonly state: 'running' | 'rolled back';
  /** Of a rollback: which limit was broken, and how. */
  readonly limit?: CanaryLimitName;
  readonly reason?: string;
  /** When it reached this state, as ISO 8601 has it. */
  readonly since: string;
  /** What was seen within the window; of a rollback, what it was decided by. */
  readonly numbers: CanaryNumbers;
}

/** What became of a canary. */
export interface HostCanaryChange {
  readonly model: string;
  /** That of the canary. */
  readonly version: string;
  /** The version beside it. */
  readonly stable: string;
  /**
   * `started`: it gets requests. `changed`: other options count. `rolled back`: it broke a limit, and gets none any more.
   * `promoted`: it is what is stable now. `ended`: it was taken off, or its version or that beside it is gone.
   */
  readonly change: 'started' | 'changed' | 'rolled back' | 'promoted' | 'ended';
  /** Of the requests that are split, from now on. */
  readonly share: number;
  /** Of a rollback. */
  readonly limit?: CanaryLimitName;
  /** Why it was rolled back or has ended. */
  readonly reason?: string;
  /** What it was decided by. */
  readonly numbers?: CanaryNumbers;
}

/** What requests are split by. */
export interface SplitOptions {
  /**
   * Says where a request falls: a number from 0 to below 1, or a text, of which one is made that is the same for the same text.
   * Called with the header that the canary is sticky by, if any.
   */
  draw?(sticky: string | undefined): number | string;
}

const bounds = {
  maxErrorRate: [0, 1],
  maxLatencyRatio: [1, 1000],
  maxLatencyMs: [0.01, 3_600_000],
  maxDisagreement: [0, 1],
  windowSeconds: [5, 3600],
} as const;

/** The members of CanaryOptions. */
export const canaryMembers: readonly string[] = [
  ...['version', 'share', 'sticky', 'alias', 'keepLoaded'],
  ...Object.keys(bounds),
];

/** RFC 9110: the characters of a header's name. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** @throws ERR_INVALID_ARGUMENT naming the option */
export function checkCanary(options: unknown): CanarySettings {
  check.options('setCanary', options, canaryMembers);
  const { version, share, sticky, alias, keepLoaded = true, ...limits } = options as CanaryOptions;
  checkServedReference('version of setCanary', version);
  if (typeof share !== 'number' || !(share > 0 && share <= 1)) {
    throw expected('a number above 0 and at most 1', 'share of setCanary', share);
  }
  if (sticky !== undefined && (typeof sticky !== 'string' || !token.test(sticky))) {
    throw expected('the name of a header', 'sticky of setCanary', sticky);
  }
  if (alias !== undefined && !isAlias(alias)) throw expected('an alias such as champion', 'alias of setCanary', alias);
  check.boolean('keepLoaded of setCanary', keepLoaded);
  for (const [name, [min, max]] of Object.entries(bounds)) {
    const value = limits[name as keyof typeof bounds];
    if (value !== undefined) check.number(`${name} of setCanary`, value, min, max);
  }
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return {
    ...{ version, share, keepLoaded },
    ...(sticky !== undefined && { sticky: sticky.toLowerCase() }),
    ...(alias !== undefined && { alias }),
    ...defaultLimits,
    ...given,
  };
}
