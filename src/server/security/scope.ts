/** What a token may be for: answers of models, or the management of them. */
export const tokenScopes = ['infer', 'admin'] as const;
export type TokenScope = (typeof tokenScopes)[number];

/** What a route asks of its caller: a token of that scope, nothing, or (`metrics`) any token unless the caller is on this machine. */
export type Scope = TokenScope | 'metrics' | 'none';

/** What a route says about itself, as far as its scope depends on it. */
interface Scoped {
  readonly isProbe?: boolean | undefined;
  readonly scope?: Scope | undefined;
}

/** The scope of a route. One that says nothing of its own and is no probe is for `infer`: nothing is open by oversight. */
export function scopeOf({ isProbe, scope }: Scoped): Scope {
  return scope ?? (isProbe ? 'none' : 'infer');
}
