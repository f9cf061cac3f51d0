/** Progress of a long step: a bar on a terminal, one plain line for each step elsewhere. */
/** Shows nothing. */
export const silent = {
    live: false,
    step: () => undefined,
    bar: () => ({ add: () => undefined, end: () => undefined }),
};
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
const refreshMs = 100;
/** Reports to a stream: stderr, so that stdout stays for data. */
export function reportTo(stream = process.stderr) {
    // isTTY is undefined, not false, if it is not a terminal.
    const live = stream.isTTY ? true : false;
    const step = (text) => void stream.write(`${text}\n`);
    return {
        live,
        step,
        bar(text, totalBytes) {
            if (!live) {
                step(text);
                return silent.bar(text, totalBytes);
            }
            let done = 0;
            let shown = 0;
            const draw = (end) => {
                const filled = Math.round(24 * Math.min(1, totalBytes === 0 ? 1 : done / totalBytes));
                const bar = `${'━'.repeat(filled)}${' '.repeat(24 - filled)}`;
                stream.write(`\r${text} ${bar} ${megabytes(done)}/${megabytes(totalBytes)} MB\x1b[K${end}`);
            };
            return {
                add(bytes) {
                    done += bytes;
                    if (Date.now() - shown < refreshMs)
                        return;
                    shown = Date.now();
                    draw('');
                },
                end() {
                    draw('\n');
                },
            };
        },
    };
}
