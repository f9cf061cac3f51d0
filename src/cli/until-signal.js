import { exitCodes } from './report.js';
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
const names = Object.keys(codes);
/** Runs a task that SIGINT, SIGTERM and a closed terminal stop; it then ends with `said` on stderr and the shell's exit code of the signal. */
export async function untilSignal(said, task) {
    const stop = new AbortController();
    const onSignal = (name) => {
        process.exitCode = codes[name];
        stop.abort(name);
    };
    for (const name of names)
        process.once(name, onSignal);
    try {
        await task(stop.signal);
    }
    catch (error) {
        if (!stop.signal.aborted)
            throw error;
        process.stderr.write(`${said}\n`);
        process.exitCode ||= exitCodes.failure;
    }
    finally {
        for (const name of names)
            process.off(name, onSignal);
    }
}
