import { torchError } from '../../errors.js';
import { isLoopback } from './loopback.js';
/** `allowedHosts` with this in it allows every name. */
const anyName = '*';
/**
 * The check for a listener that only this machine can reach. A page of the web reaches it too: its script may send a request to
 * `localhost`, or to a name of its own that leads here (DNS rebinding). Such a request names another host, or another
 * origin. Undefined for a listener that others reach, where names are not known, unless `allowedHosts` says them.
 * @param hostname what the listener was told to listen on; undefined when it is somebody else's
 * @param allowedHosts names that are taken as well, without a port
 */
export function browserCheck(hostname, allowedHosts) {
    if (allowedHosts.includes(anyName))
        return undefined;
    if (!isLoopback(hostname) && allowedHosts.length === 0)
        return undefined;
    const names = new Set([hostname ?? '', ...allowedHosts].map((name) => name.toLowerCase()));
    const isKnown = (authority) => {
        const name = nameOf(authority);
        return names.has(name) || isLoopback(name);
    };
    // Nearly every request names the same host as the one before it.
    let last;
    return ({ headers, method }) => {
        const { host, origin } = headers;
        if (host !== undefined && host !== last) {
            if (host !== '' && !isKnown(host))
                return forbidden('the header Host');
            last = host;
        }
        if (origin !== undefined && !isOwn(origin, host, names))
            return forbidden('the header Origin');
        const isCross = headers['sec-fetch-site'] === 'cross-site' && method !== 'GET' && method !== 'HEAD';
        return isCross ? forbidden('the header Sec-Fetch-Site') : undefined;
    };
}
/** A page that this server has sent, or one of an allowed name: then a proxy serves both. */
function isOwn(origin, host, names) {
    const authority = /^https?:\/\/([^/?#@]+)$/.exec(origin)?.[1];
    return authority !== undefined && (authority === host || names.has(nameOf(authority)));
}
/** Without its port, in lower case. */
function nameOf(authority) {
    return authority.replace(/:\d*$/, '').toLowerCase();
}
function forbidden(what) {
    const message = `Expected a name of this server in ${what}; the setting allowedHosts adds names`;
    return torchError('ERR_FORBIDDEN', message);
}
