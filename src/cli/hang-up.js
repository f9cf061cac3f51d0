import { openSync, closeSync } from 'node:fs';
/** How soon after SIGHUP it is asked whether the terminal is gone: the signal may come first. */
const settleMs = 50;
/**
 * Listens for SIGHUP, which has two meanings: an operator asks for the models to be refreshed, and the system says that the
 * terminal of the process is gone. A server that was started from a terminal must not outlive it unnoticed, so then it ends.
 * A process that has no terminal, or was started with `setsid`, is never asked to end by SIGHUP.
 */
export function onHangUp({ refresh, ended }) {
    // Only a process that had a terminal can lose it.
    const hadTerminal = hasTerminal();
    let timer;
    const onSignal = () => {
        if (!hadTerminal) {
            refresh();
            return;
        }
        timer ??= setTimeout(() => {
            timer = undefined;
            if (hasTerminal())
                refresh();
            else
                ended();
        }, settleMs);
    };
    process.on('SIGHUP', onSignal);
    return () => {
        clearTimeout(timer);
        process.off('SIGHUP', onSignal);
    };
}
/** Whether this process has a controlling terminal: one that has hung up cannot be opened any more. */
export function hasTerminal() {
    try {
        closeSync(openSync('/dev/tty', 'r'));
        return true;
    }
    catch {
        return false;
    }
}
