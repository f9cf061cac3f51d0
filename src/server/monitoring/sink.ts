import type { Profile, ProfileJson } from '../../monitoring/drift/profile.js';
import type { LabelledPart, PerformanceCounts, PerformanceProfile } from '../../monitoring/performance/index.js';
import type { MonitoringReport } from '../../monitoring/report.js';
import type { ModelRecord } from '../../registry/index.js';
import type { WatchKey } from './watch-key.js';

/** A version that takes calls. */
export interface Watched extends WatchKey {
  /** Undefined for a file that is in no registry. */
  readonly record: ModelRecord | undefined;
}

/** What a process has seen of one version since it said so last: counts, no value of any row. */
export interface ObservedPart extends WatchKey {
  readonly profile: Profile;
  /** Of a classifier whose record is calibrated. */
  readonly performance: PerformanceProfile | undefined;
}

/** The same, as a message between processes has it. */
export interface ObservedCounts extends WatchKey {
  readonly profile: ProfileJson;
  readonly performance: PerformanceCounts | undefined;
}

/** Where it goes what processes observe: the hub of this process, or, through messages, that of the primary process. */
export interface MonitoringSink {
  /** Rows of this version may come from now on. Who says it again changes nothing. */
  watch(version: Watched): void;
  /** It takes no more calls: what was known of it is forgotten. */
  unwatch(version: WatchKey): void;
  observe(parts: readonly ObservedPart[]): void;
  /** Labels have come back for rows of these versions. */
  labelled(parts: readonly LabelledPart[]): void;
  /** Of every version that is watched, or of those of one name. */
  reports(model?: string): Promise<readonly MonitoringReport[]>;
}
