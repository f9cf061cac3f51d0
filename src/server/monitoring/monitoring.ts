import type { Logger } from '../../monitoring/logging.js';
import type { LabelledPart } from '../../monitoring/performance/index.js';
import type { MonitoringReport } from '../../monitoring/report.js';
import type { InferenceHost } from '../host.js';
import { Collector } from './collector.js';
import { Hub, type MonitoringSources } from './hub.js';
import type { MonitoringLimits, MonitoringOptions } from './options.js';
import type { MonitoringSink } from './sink.js';

/** What a server watches of its models, for its routes and metrics. */
export interface Monitoring {
  /** Of every version, or of those of one name. */
  reports(model?: string): Promise<readonly MonitoringReport[]>;
  /** For the metrics of this process; nothing where another process has them. */
  readonly sources: Partial<MonitoringSources>;
  /** Labels have come back for rows of these versions. */
  labelled(parts: readonly LabelledPart[]): void;
  /** Watches the models of the host from now on. Returns what ends it. */
  follow(): () => void;
}

interface MonitoringParts {
  readonly host: InferenceHost;
  readonly logger: Logger;
  readonly limits: MonitoringLimits;
  readonly onDrift: MonitoringOptions['onDrift'];
  /** Of another process, where one puts all together. */
  readonly sink: MonitoringSink | undefined;
}

/** The monitoring of one server. Switched off, it listens to nothing. */
export function createMonitoring({ host, logger, limits, onDrift, sink }: MonitoringParts): Monitoring {
  if (limits.monitoring === 'off') return off(host);
  if (sink) return watching(host, limits, sink, undefined);
  const hub = new Hub({ limits, logger, onDrift });
  return watching(host, limits, hub, hub);
}

function watching(
  host: InferenceHost,
  limits: MonitoringLimits,
  sink: MonitoringSink,
  own: Hub | undefined,
): Monitoring {
  return {
    reports: (model) => sink.reports(model),
    sources: own?.sources ?? {},
    labelled: (parts) => sink.labelled(parts),
    follow() {
      const collector = new Collector(host, sink, limits, () => own?.close());
      return () => {
        collector.close();
        own?.close();
      };
    },
  };
}

function off(host: InferenceHost): Monitoring {
  const report = ({ name: model, version }: { readonly name: string; readonly version: string }): MonitoringReport => ({
    ...{ model, version, status: 'off' },
    ...{ open: undefined, windows: [], estimated: undefined, realised: undefined },
  });
  return {
    reports: (model) =>
      Promise.resolve(
        host
          .list()
          .filter(({ name }) => model === undefined || name === model)
          .map(report),
      ),
    sources: {},
    labelled: () => undefined,
    follow: () => () => undefined,
  };
}
