/** What was asked for cannot be: exit code 2. `cause` says why. */
export class UsageError extends Error {
    constructor(cause) {
        super('usage', { cause });
    }
}
