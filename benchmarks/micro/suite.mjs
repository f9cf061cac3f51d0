// Runs functions under benchmark.js, with the reference work beside them.

import Benchmark from 'benchmark';
import { referenceWork } from '../lib/reference.mjs';
import { entry } from '../lib/results.mjs';
import { percentiles } from '../lib/stats.mjs';

/**
 * @param cases by name, functions; one that returns a promise is timed until it settles
 * @returns entries by `micro/<suite>/<case>`
 */
export async function runSuite(name, cases, { seconds }) {
  const results = {};
  const reference = () => measure(() => referenceWork(), seconds / 2);
  // Right before and right after each case: the machine changes its speed in between.
  let before = await reference();
  for (const [title, fn] of Object.entries(cases)) {
    const ours = await measure(fn, seconds);
    const after = await reference();
    results[`micro/${name}/${title}`] = entry([
      { ours, reference: before },
      { ours, reference: after },
    ]);
    before = after;
  }
  return results;
}

function measure(fn, seconds) {
  const first = fn();
  const settled = typeof first?.then === 'function';
  const body = settled ? (deferred) => fn().then(() => deferred.resolve()) : fn;
  return new Promise((resolve, reject) => {
    const options = { defer: settled, async: true, maxTime: seconds, minSamples: 5 };
    Promise.resolve(first).then(() => {
      new Benchmark('one', body, {
        ...options,
        onError: ({ target }) => reject(target.error),
        onComplete({ target }) {
          if (target.error) return;
          const milliseconds = target.stats.sample.map((each) => each * 1000);
          resolve({ throughput: 1 / target.stats.mean, ...percentiles(milliseconds) });
        },
      }).run();
    }, reject);
  });
}
