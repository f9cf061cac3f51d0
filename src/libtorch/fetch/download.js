/** Fetches one file over HTTP: resumes an earlier download, follows a limited number of redirects, retries, and times out. */
import { open, stat, truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isError, torchError } from '../../errors.js';
const mostRedirects = 5;
/** Consecutive tries without progress. */
const mostTries = 4;
/** An error after which another try makes sense. */
class Interrupted extends Error {
}
/**
 * Appends to `part` until it has `bytes`. Does not check the content: the caller compares the checksum.
 * @throws ERR_DOWNLOAD; the part stays, so that the next run can continue
 */
export async function download(url, part, options) {
    const { signal, backoffMs = 500 } = options;
    let size = await bytesOf(part);
    if (size > options.bytes)
        size = await restart(part);
    options.bar?.add(size);
    // The most of all tries, not the last size: a file that is always too short is restarted each time and makes no progress.
    let most = size;
    for (let tries = 1; size < options.bytes; ++tries) {
        try {
            await attempt(url, part, size, options);
        }
        catch (error) {
            signal?.throwIfAborted();
            if (!(error instanceof Interrupted) || tries === mostTries)
                throw failed(url, error);
            await sleep(backoffMs * 2 ** (tries - 1), undefined, { ...(signal && { signal }) });
        }
        size = await bytesOf(part);
        if (size > most)
            tries = 0;
        most = Math.max(most, size);
    }
}
async function attempt(url, part, from, options) {
    const { bytes, bar, stallMs = 60_000 } = options;
    options.signal?.throwIfAborted();
    const stop = new AbortController();
    const onAbort = () => {
        stop.abort(options.signal?.reason);
    };
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const stalled = setTimeout(() => {
        stop.abort(new Interrupted(`no data for ${stallMs} ms`));
    }, stallMs);
    try {
        const response = await request(url, from, stop.signal);
        await checkLength(response, bytes);
        const offset = await offsetOf(response, part, from);
        if (offset < from)
            bar?.add(-from);
        const file = await open(part, 'a', 0o600);
        try {
            let size = offset;
            for await (const chunk of response.body) {
                stalled.refresh();
                size += chunk.length;
                if (size > bytes)
                    throw new Error(`it is longer than the pinned ${bytes} bytes`);
                await file.appendFile(chunk); // write() may take a part of it only
                bar?.add(chunk.length);
            }
            if (size < bytes)
                throw new Interrupted(`it ended after ${size} of ${bytes} bytes`);
        }
        finally {
            await file.close();
        }
    }
    catch (error) {
        if (stop.signal.aborted)
            throw stop.signal.reason;
        // fetch's own errors are TypeErrors, whose cause says what happened to the connection.
        if (isError(error) && error.name === 'TypeError')
            throw new Interrupted(causeOf(error));
        throw error;
    }
    finally {
        clearTimeout(stalled);
        options.signal?.removeEventListener('abort', onAbort);
    }
}
/** The response at the end of the redirects. Credentials are sent to the host they were given for only. */
async function request(start, from, signal) {
    let url = start;
    for (let redirects = 0;; ++redirects) {
        const response = await fetch(plain(url), { headers: headersFor(url, start, from), redirect: 'manual', signal });
        if (![301, 302, 303, 307, 308].includes(response.status))
            return response;
        await response.body?.cancel();
        const location = response.headers.get('location');
        if (location === null)
            throw new Error('redirect without a Location header');
        if (redirects === mostRedirects)
            throw new Error(`more than ${mostRedirects} redirects`);
        const next = new URL(location, url);
        if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
            throw new Error(`a redirect from ${url.protocol} to ${next.protocol} is refused`);
        }
        url = next;
    }
}
function headersFor(url, start, from) {
    const { username, password } = start;
    const known = username !== '' && url.origin === start.origin;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return {
        // A compressed response would have other byte positions.
        'accept-encoding': 'identity',
        ...(from > 0 && { range: `bytes=${from}-` }),
        ...(known && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
    };
}
/** A response that announces another size is another file: nothing of it is kept. */
async function checkLength({ status, headers, body }, bytes) {
    const whole = status === 200 ? headers.get('content-length') : undefined;
    const total = status === 206 ? /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1] : whole;
    if (total === null || total === undefined || Number(total) === bytes)
        return;
    await body?.cancel();
    throw new Error(`it has ${total} bytes, not the pinned ${bytes}`);
}
/** Where in the file the response's body begins. */
async function offsetOf({ status, headers, body }, part, from) {
    if (status === 206 && headers.get('content-range')?.startsWith(`bytes ${from}-`))
        return from;
    if (status === 200)
        return from === 0 ? 0 : restart(part);
    await body?.cancel();
    if (status === 206 || status === 416) {
        await restart(part);
        throw new Interrupted(`it answered ${status} to a range request`);
    }
    const retriable = status >= 500 || status === 408 || status === 429;
    throw new (retriable ? Interrupted : Error)(`the status was ${status}`);
}
async function restart(part) {
    await truncate(part, 0);
    return 0;
}
/** Size of a file; 0 if there is none. */
export async function bytesOf(path) {
    return (await stat(path).catch(() => undefined))?.size ?? 0;
}
function causeOf(error) {
    const cause = error.cause;
    return cause?.code ?? cause?.message ?? error.message;
}
function failed(url, error) {
    const { code } = error;
    if (code !== undefined && !(error instanceof Interrupted))
        throw error; // of the disk, not of the network
    return torchError('ERR_DOWNLOAD', `Could not fetch ${plain(url).href}: ${error.message}\n  fix: check NODE_LIBTORCH_MIRROR and the network, then try again`, { cause: error });
}
/** Without user and password, for fetch and for messages. */
export function plain(url) {
    const copy = new URL(url);
    copy.username = '';
    copy.password = '';
    return copy;
}
