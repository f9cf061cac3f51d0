import { torchError } from '../../errors.js';
/**
 * @grpc/grpc-js, an optional peer dependency, loaded by the first call of a client of gRPC.
 * @throws ERR_GRPC_NOT_FOUND when it is not installed, or cannot be loaded
 */
export function loadGrpc() {
    return import('@grpc/grpc-js').then(
    // Seen from ES modules, all of it is in the default export.
    (module) => module.default, (cause) => {
        throw notFound(cause);
    });
}
function notFound(cause) {
    const { code, message } = cause;
    const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@grpc/grpc-js'");
    const why = missing ? 'it is not installed' : `it could not be loaded: ${message.trim()}`;
    return torchError('ERR_GRPC_NOT_FOUND', `Expected the package @grpc/grpc-js, which a client of gRPC needs, but ${why}\n  fix: npm install @grpc/grpc-js, or use the server's HTTP port`, { cause });
}
