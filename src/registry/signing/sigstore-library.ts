import { torchError } from '../../errors.js';

type Verify = typeof import('@sigstore/verify');

/** The two libraries as one. */
export type Sigstore = Pick<Verify, 'toSignedEntity' | 'toTrustMaterial' | 'Verifier'> &
  Pick<typeof import('@sigstore/bundle'), 'bundleFromJSON'>;

/** Keys and certificates as @sigstore/verify has them. */
export type TrustMaterial = ReturnType<Verify['toTrustMaterial']>;

let loading: Promise<Sigstore> | undefined;

/**
 * @sigstore/verify and @sigstore/bundle, optional peer dependencies, loaded when the first signature by Sigstore comes.
 * @throws ERR_SIGSTORE_NOT_FOUND when they are not installed, or cannot be loaded
 */
export function loadSigstore(): Promise<Sigstore> {
  return (loading ??= load()).catch((cause: unknown) => {
    loading = undefined; // They may be installed meanwhile.
    throw notFound(cause);
  });
}

async function load(): Promise<Sigstore> {
  // In a `try`, esbuild bundles an app that has not installed them.
  try {
    const { toSignedEntity, toTrustMaterial, Verifier } = await import('@sigstore/verify');
    const { bundleFromJSON } = await import('@sigstore/bundle');
    return { toSignedEntity, toTrustMaterial, Verifier, bundleFromJSON };
  } catch (cause) {
    throw cause as Error;
  }
}

function notFound(cause: unknown) {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === 'ERR_MODULE_NOT_FOUND' && message.includes("'@sigstore/");
  const why = missing ? 'they are not installed' : `they could not be loaded: ${message.trim()}`;
  return torchError(
    'ERR_SIGSTORE_NOT_FOUND',
    `Expected the packages @sigstore/verify and @sigstore/bundle, which verify signatures by Sigstore, but ${why}\n` +
      '  fix: npm install @sigstore/verify@3 @sigstore/bundle@4',
    { cause },
  );
}
