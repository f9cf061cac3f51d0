/** The address of the other end, which is that of a proxy where there is one; IPv4 in its own form. */
export function clientOf(socket) {
    const { remoteAddress } = socket;
    return remoteAddress?.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
}
