// The header of an example: comment lines at the top of its main file. `Run:` has what to type in one terminal, `Ask:` in another one; both
// are done as they are printed.

/**
 * @param source the text of an example's main file
 * @returns the lines of its header, and its commands: of `Run:` the first installs, the last starts, and what is between prepares
 */
export function headerOf(source) {
  const lines = [];
  for (const line of source.split('\n')) {
    const text = /^\/\/ (.*)$/.exec(line)?.[1];
    if (text === undefined) break;
    lines.push(text);
  }
  const after = (word) => lines.filter((line) => line.startsWith(word)).map((line) => line.slice(word.length));
  const [install, ...rest] = after('Run: ').flatMap((line) => line.split(' && '));
  return { lines, commands: { install, prepare: rest.slice(0, -1), start: rest.at(-1), ask: after('Ask: ') } };
}
