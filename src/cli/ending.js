import { onEndSignals } from '../server/end-signals.js';
import { announcedMs } from '../server/settings/table.js';
import { onHangUp } from './hang-up.js';
import { onParentGone } from './parent.js';
/** Listens to signals, the end of the terminal and that of npm, for the server of this process. */
export function onSignals({ preStopDelayMs }, { begin, insist, refresh }) {
    let begun = false;
    const once = (ending) => {
        if (begun)
            return;
        begun = true;
        begin(ending);
    };
    onEndSignals(['SIGTERM', 'SIGINT'], (signal) => {
        // No load balancer asks about a server that somebody tries out at a terminal.
        const isCtrlC = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY);
        once({ because: { signal }, preStopDelayMs: preStopDelayMs ?? (isCtrlC ? 0 : announcedMs) });
    }, insist);
    onHangUp({
        refresh: () => {
            if (!begun)
                refresh();
        },
        ended: () => {
            once({ because: { reason: 'the terminal is gone' }, preStopDelayMs: preStopDelayMs ?? announcedMs });
        },
    });
    onParentGone(() => {
        once({
            because: { reason: 'npm, which started this process, has ended' },
            preStopDelayMs: preStopDelayMs ?? announcedMs,
        });
    });
}
