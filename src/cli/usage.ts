/** What was asked for cannot be: exit code 2. `cause` says why. */
export class UsageError extends Error {
  constructor(cause: unknown) {
    super('usage', { cause });
  }
}

/** What a function makes of a command line. @throws UsageError for whatever it throws */
export function asked<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError(cause);
  }
}
