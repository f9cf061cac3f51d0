import { torchError } from '../../errors.js';
import { isLoopback } from './loopback.js';
/**
 * Refuses an address that others can reach while everybody would be let in.
 * @param what the listener, for the message: HTTP, gRPC, admin
 * @throws ERR_CONFIG with the ways out
 */
export function requireProtected(what, hostname, protection) {
    const { hasTokens, hasClientCertificates, isInsecure } = protection;
    if (isInsecure || hasTokens || isLoopback(hostname))
        return;
    // A certificate lets in to predict; who manages models shows a token.
    if (hasClientCertificates && what !== 'admin')
        return;
    throw torchError('ERR_CONFIG', `Expected tokens before the ${what} port listens on ${hostname}, which other machines reach; ` +
        'set tokensFile or NODE_LIBTORCH_TOKENS (`node-libtorch token` makes one), ' +
        'or say --insecure where a network of your own or a proxy keeps strangers out');
}
