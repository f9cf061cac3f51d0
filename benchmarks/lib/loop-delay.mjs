// How late the server's event loop was, by its own metrics.

/** prom-client's monitor is a timer of so many milliseconds, and what it reports includes them. */
const resolutionMs = 10;

/** The p99 since it was last asked for, in milliseconds; asking begins a new window. */
export async function loopDelayP99Ms(port) {
  const text = await globalThis.fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
  const line = /^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? ([\d.e+-]+)$/m.exec(text);
  if (!line) throw new Error('no nodejs_eventloop_lag_p99_seconds in the metrics');
  return Math.max(0, Number(line[1]) * 1000 - resolutionMs);
}
