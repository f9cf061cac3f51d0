import { performance } from 'node:perf_hooks';
/** What ends a program's server from outside: an orchestrator, Ctrl-C, and the end of the terminal or session. `serve` asks more of SIGHUP. */
export const endSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
/**
 * Signals within so many milliseconds may be one: Ctrl-C under npm arrives twice, from the terminal and from npm that passes
 * it on, and systemd and terminals send SIGHUP along with another, which may arrive after it.
 */
const oneEndMs = 500;
/**
 * Calls `begin` at the first signal and `insist` at a later one. Within half a second, the first one again counts as one with
 * it, and so does any signal after SIGHUP. SIGHUP itself never insists. Returns what stops listening.
 */
export function onEndSignals(signals, begin, insist) {
    let first;
    const onSignal = (signal) => {
        if (!first) {
            first = { signal, at: performance.now() };
            begin(signal);
            return;
        }
        const mayBeOne = signal === first.signal || first.signal === 'SIGHUP';
        const isOne = mayBeOne && performance.now() - first.at < oneEndMs;
        if (!isOne && signal !== 'SIGHUP')
            insist();
    };
    for (const signal of signals)
        process.on(signal, onSignal);
    return () => {
        for (const signal of signals)
            process.off(signal, onSignal);
    };
}
