/** Which addresses and names only programs of this machine can reach. */
/** Whether an address of a connection, or a name or address to listen on, is this machine's own loopback. */
export function isLoopback(host) {
    if (host === undefined)
        return false;
    const name = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
    if (name === '127.0.0.1' || name === '::1')
        return true;
    const ipv4 = name.startsWith('::ffff:') ? name.slice(7) : name;
    return loopbackForm.test(ipv4) || name.toLowerCase() === 'localhost' || name === '0:0:0:0:0:0:0:1';
}
/** 127.0.0.0/8, in full: `127.1` is an address for some programs and a name for others. */
const loopbackForm = /^127(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
