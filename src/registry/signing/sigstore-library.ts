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
  return (loading ??= Promise.all([import('@sigstore/verify'), import('@sigstore/bundle')]).then(
    ([verify, bundle]) => {
      const { toSignedEntity, toTrustMaterial, Verifier } = verify;
      return { toSignedEntity, toTrustMaterial, Verifier, bundleFromJSON: bundle.bundleFromJSON };
    },
    (cause: unknown) => {
      loading = undefined; // They may be installed meanwhile.
      throw notFound(cause);
    },
  ));
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
