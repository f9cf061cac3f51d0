import { readFileSync } from 'node:fs';
const intervalMs = 500;
/**
 * Under npm or npx, calls back once the process that started this one is gone. npm passes SIGTERM to the shell between the
 * two, and the shell ends alone. Without npm nothing is watched: who starts a server in the background and leaves means it.
 * Returns what stops it.
 */
export function onParentGone(gone, env = process.env) {
    // Adopted already: started in the background by a script that has ended.
    if (!env['npm_command'] || process.ppid <= 1)
        return () => undefined;
    const before = ancestry();
    if (before === undefined)
        return () => undefined;
    const timer = setInterval(() => {
        const now = ancestry();
        if (now === undefined || now === before)
            return;
        clearInterval(timer);
        gone();
    }, intervalMs);
    timer.unref();
    return () => {
        clearInterval(timer);
    };
}
/**
 * The parent; and where that is npm's shell and the system tells, the shell's parent too: npm may be killed and the shell
 * not. Undefined when it cannot be read just now.
 */
function ancestry() {
    const { ppid } = process;
    try {
        // `pid (name) state ppid …`; the name may hold anything.
        const stat = readFileSync(`/proc/${ppid}/stat`, 'utf8');
        const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
        const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
        return /^(?:ba|da|z|k|a)?sh$/.test(name) ? `${ppid} ${parent}` : `${ppid}`;
    }
    catch (error) {
        return error.code === 'ENOENT' ? `${ppid}` : undefined;
    }
}
