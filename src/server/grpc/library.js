import { torchError } from '../../errors.js';
let loading;
/**
 * @grpc/grpc-js, an optional peer dependency, loaded when a server with a gRPC port is made.
 * @throws ERR_GRPC_NOT_FOUND when it is not installed, or cannot be loaded
 */
export function loadGrpc() {
    return (loading ??= import('@grpc/grpc-js').then((module) => module.default, (cause) => {
        loading = undefined; // It may be installed meanwhile.
        throw notFound(cause);
    }));
}
function notFound(cause) {
    const { code, message } = cause;
    const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@grpc/grpc-js'");
    const why = missing ? 'it is not installed' : `it could not be loaded: ${message.trim()}`;
    return torchError('ERR_GRPC_NOT_FOUND', `Expected the package @grpc/grpc-js, which a gRPC port needs, but ${why}\n  fix: npm install @grpc/grpc-js`, { cause });
}
