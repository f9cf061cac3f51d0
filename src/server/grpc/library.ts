import type * as Library from '@grpc/grpc-js';
import { torchError, type TorchError } from '../../errors.js';

export type Grpc = (typeof Library)['default'];

let loading: Promise<Grpc> | undefined;

/**
 * @grpc/grpc-js, an optional peer dependency, loaded when a server with a gRPC port is made.
 * @throws ERR_GRPC_NOT_FOUND when it is not installed, or cannot be loaded
 */
export function loadGrpc(): Promise<Grpc> {
  return (loading ??= import('@grpc/grpc-js').then(
    (module) => module.default,
    (cause: unknown) => {
      loading = undefined; // It may be installed meanwhile.
      throw notFound(cause);
    },
  ));
}

function notFound(cause: unknown): TorchError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@grpc/grpc-js'");
  const why = missing ? 'it is not installed' : `it could not be loaded: ${message.trim()}`;
  return torchError(
    'ERR_GRPC_NOT_FOUND',
    `Expected the package @grpc/grpc-js, which a gRPC port needs, but ${why}\n  fix: npm install @grpc/grpc-js`,
    { cause },
  );
}
