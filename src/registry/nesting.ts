/** How deep JSON of a record may be: what compares, signs or prints one goes down level by level, and the stack has an end. */

const mostLevels = 64;

/** What a member must be, for the messages. */
export const nestingRule = `must be nested at most ${mostLevels} levels deep`;

/** Whether lists and objects lie deeper in each other than any record needs. It does not recurse. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > mostLevels) return true;
    level = level.flatMap((item): unknown[] => (isNested(item) ? Object.values(item) : [])).filter(isNested);
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
