import { endSignals, onEndSignals } from '../server/end-signals.js';
import { announcedMs, type Settings } from '../server/settings/table.js';
import { onParentGone } from './parent.js';

/** Why a server is to end, for its log, and how long it says so before it refuses connections. */
export interface Ending {
  readonly because: { readonly signal: NodeJS.Signals } | { readonly reason: string };
  readonly preStopDelayMs: number;
}

/** Calls `begin` when the server of this process is to end, and `insist` when somebody will not wait for it. */
export function onEnding(
  { preStopDelayMs }: Pick<Settings, 'preStopDelayMs'>,
  begin: (ending: Ending) => void,
  insist: () => void,
): void {
  let begun = false;
  const once = (ending: Ending): void => {
    if (begun) return;
    begun = true;
    begin(ending);
  };
  onEndSignals(
    endSignals,
    (signal) => {
      // No load balancer asks about a server that somebody tries out at a terminal.
      const isCtrlC = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY);
      once({ because: { signal }, preStopDelayMs: preStopDelayMs ?? (isCtrlC ? 0 : announcedMs) });
    },
    insist,
  );
  onParentGone(() => {
    once({
      because: { reason: 'npm, which started this process, has ended' },
      preStopDelayMs: preStopDelayMs ?? announcedMs,
    });
  });
}
