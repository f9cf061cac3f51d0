import { requireProtected } from '../server/security/bind.js';
import { UsageError } from './usage.js';
/** Tokens of the environment, as the text of a tokens file. Never a flag: every user of the machine reads those. */
export function tokensOfEnvironment() {
    const tokens = process.env['NODE_LIBTORCH_TOKENS'];
    return tokens === undefined || tokens.trim() === '' ? {} : { tokens };
}
/** Before anything is opened or loaded. @throws UsageError when strangers would be let in */
export function requireProtectedPorts({ host, adminPort, adminHost, tokensFile, tlsCa, insecure }) {
    const protection = {
        hasTokens: tokensFile !== undefined || tokensOfEnvironment().tokens !== undefined,
        hasClientCertificates: tlsCa !== undefined,
        isInsecure: insecure,
    };
    try {
        requireProtected('HTTP', host, protection);
        if (adminPort !== undefined)
            requireProtected('admin', adminHost, protection);
    }
    catch (cause) {
        throw new UsageError(cause);
    }
}
