import { notLoaded } from '../../serving/catalogue.js';
import { keyOf } from '../../serving/names.js';
import type { ManagedModel, StatisticsSummary } from '../../server/management/management.js';

/** What several workers say of their models, as of one server: it serves what all serve, and has counted what all counted. */
export function merged(workers: readonly (readonly ManagedModel[])[]): readonly ManagedModel[] {
  const told = workers.filter((models) => models.length > 0);
  const all = new Map<string, ManagedModel[]>();
  for (const model of told.flat()) {
    const key = keyOf(model);
    const same = all.get(key);
    if (same) same.push(model);
    else all.set(key, [model]);
  }
  return [...all.values()].map(one);
}

function one(same: readonly ManagedModel[]): ManagedModel {
  const [first] = same as [ManagedModel];
  // Where workers differ a change is under way, or one of them starts.
  const down = same.filter((each) => each.state !== 'READY');
  // One that has come up later knows nothing of a load that failed before.
  const telling = down.find((each) => each.reason !== notLoaded) ?? down[0];
  const { state, reason } = telling ?? same.find((each) => each.reason !== '') ?? first;
  const statistics = same.flatMap((each) => each.statistics ?? []);
  // Those that have other bytes are of no one digest: what is given is loaded anew then.
  const digests = new Set(same.flatMap((each) => each.digest ?? []));
  const [digest] = digests.size === 1 ? digests : [];
  const { statistics: _statistics, digest: _digest, ...rest } = first;
  return {
    ...rest,
    ...{ state, reason },
    ...(digest !== undefined && { digest }),
    ...(statistics.length > 0 && { statistics: statistics.reduce(added) }),
  };
}

function added(a: StatisticsSummary, b: StatisticsSummary): StatisticsSummary {
  return {
    success: a.success + b.success,
    fail: a.fail + b.fail,
    rows: a.rows + b.rows,
    runs: a.runs + b.runs,
    lastInference: Math.max(a.lastInference, b.lastInference),
  };
}
