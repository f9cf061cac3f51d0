import type * as Library from '@grpc/grpc-js';
import { torchError, type TorchError } from '../../errors.js';

export type Grpc = (typeof Library)['default'];

let loading: Promise<Grpc> | undefined;

/**
 * @grpc/grpc-js, an optional peer dependency, loaded by the first server with a gRPC port, or the first call of a client of gRPC.
 * @param needs who needs it, for the message
 * @param instead what else there is to do
 * @throws ERR_GRPC_NOT_FOUND when it is not installed, or cannot be loaded
 */
export function loadGrpc(needs: string, instead = ''): Promise<Grpc> {
  return (loading ??= load()).catch((cause: unknown) => {
    loading = undefined; // It may be installed meanwhile.
    throw notFound(needs, instead, cause);
  });
}

async function load(): Promise<Grpc> {
  // In a `try`, esbuild bundles an app that has not installed it.
  try {
    return (await import('@grpc/grpc-js')).default;
  } catch (cause) {
    throw cause as Error;
  }
}

function notFound(needs: string, instead: string, cause: unknown): TorchError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@grpc/grpc-js'");
  const why = missing ? 'it is not installed' : `it could not be loaded: ${message.trim()}`;
  return torchError(
    'ERR_GRPC_NOT_FOUND',
    `Expected the package @grpc/grpc-js, which ${needs} needs, but ${why}\n  fix: npm install @grpc/grpc-js${instead}`,
    { cause },
  );
}
