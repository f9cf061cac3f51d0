import type { ProfileJson } from '../../monitoring/drift/profile.js';
import type { MonitoringReport } from '../../monitoring/report.js';
import type { MonitoringSink } from '../../server/monitoring/sink.js';
import { Questions } from './questions.js';
import { hear, tell } from './worker.js';

const patienceMs = 5000;

/** In a worker: as createServer's option, what it observes goes to the primary process, and every worker answers what that knows. */
export function monitoringOfAll(): MonitoringSink {
  const questions = new Questions<readonly MonitoringReport[]>({
    most: 128,
    what: 'questions for reports',
    patienceMs,
  });
  hear('monitoring', (answer) => questions.answered(answer, answer.reports));
  return {
    watch: (version) => tell({ kind: 'watched', version }),
    unwatch: (version) => tell({ kind: 'unwatched', version }),
    observe(parts) {
      const counts = parts.map(({ profile, performance, ...key }) => ({
        ...key,
        profile: withoutSums(profile.toJSON()),
        performance: performance?.toJSON(),
      }));
      tell({ kind: 'observed', parts: counts });
    },
    labelled: (parts) => tell({ kind: 'labelled', parts }),
    reports: (model) =>
      questions.ask((question) => tell({ kind: 'askMonitoring', question, ...(model !== undefined && { model }) })),
  };
}

/** The sum of a single row would be a value of it; nobody asks for it there. */
const withoutSums = (profile: ProfileJson): ProfileJson => ({ ...profile, sums: profile.sums.map(() => 0) });
