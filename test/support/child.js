import { spawn } from 'node:child_process';
import { root } from './paths.js';
/** Runs a script of test/ in a Node of its own: for what can be done once per process, or ends it. */
export function node(args, env = {}, timeout = 60_000) {
    const child = spawn(process.execPath, args, {
        cwd: root,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout,
        killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    return new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => {
            resolve({ code, signal, stdout, stderr });
        });
    });
}
