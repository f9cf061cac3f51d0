/**
 * Loads and runs changed files of torch.export.save in child processes: `node test/stress/export-fuzz.mjs [COUNT] [SEED] [LANES]`
 * (20,000, a new seed, 2). Prints how each ended, by error, and every one that ended its process.
 */
import { fuzzExports } from '../../build-test/support/export-fuzz/fuzz.js';

const [count = 20_000, seed = Date.now() % 1e6, lanes = 2] = process.argv.slice(2).map(Number);
const share = Math.ceil(count / lanes);
const reports = await Promise.all(
  Array.from({ length: lanes }, (_, lane) =>
    fuzzExports({ count: Math.min(share, count - lane * share), seed, from: lane * share }),
  ),
);
const outcomes = {};
for (const report of reports) {
  for (const [name, n] of Object.entries(report.outcomes)) outcomes[name] = (outcomes[name] ?? 0) + n;
}
console.log(`seed ${seed}`);
for (const [name, n] of Object.entries(outcomes).sort(([, a], [, b]) => b - a))
  console.log(String(n).padStart(7), name);
const crashes = reports.flatMap((report) => report.crashes);
for (const { index, file, done, how, said } of crashes)
  console.log(`CRASH ${how} at ${index} of ${file}: ${done}\n${said}`);
console.log(`${crashes.length} ended the process`);
process.exitCode = crashes.length > 0 ? 1 : 0;
