import { onEndSignals } from '../server/end-signals.js';
import { announcedMs, type Settings } from '../server/settings/table.js';
import { onHangUp } from './hang-up.js';
import { onParentGone } from './parent.js';

/** Why a server is to end, for its log, and how long it says so before it refuses connections. */
export interface Ending {
  readonly because: { readonly signal: NodeJS.Signals } | { readonly reason: string };
  readonly preStopDelayMs: number;
}

/** What the signals to a server mean. */
export interface SignalActions {
  /** It is to end. */
  readonly begin: (ending: Ending) => void;
  /** Somebody will not wait for its end. */
  readonly insist: () => void;
  /** SIGHUP: what has changed is to be loaded. Not called once it is to end. */
  readonly refresh: () => void;
}

/** Listens to signals, the end of the terminal and that of npm, for the server of this process. */
export function onSignals(
  { preStopDelayMs }: Pick<Settings, 'preStopDelayMs'>,
  { begin, insist, refresh }: SignalActions,
): void {
  let begun = false;
  const once = (ending: Ending): void => {
    if (begun) return;
    begun = true;
    begin(ending);
  };
  onEndSignals(
    ['SIGTERM', 'SIGINT'],
    (signal) => {
      // No load balancer asks about a server that somebody tries out at a terminal.
      const isCtrlC = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY);
      once({ because: { signal }, preStopDelayMs: preStopDelayMs ?? (isCtrlC ? 0 : announcedMs) });
    },
    insist,
  );
  onHangUp({
    refresh: () => {
      if (!begun) refresh();
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
