import type { Change } from '#dist/serving/changes.js';

/** A change that is steered by hand. */
export function steered() {
  let hasBegun = false;
  let finish!: (result: string) => void;
  let fail!: (error: Error) => void;
  let end!: () => void;
  const result = new Promise<string>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = async (): Promise<Change<string>> => {
    hasBegun = true;
    return { result: await result, end: ended };
  };
  return { work, finish, fail, end, hasBegun: () => hasBegun };
}
