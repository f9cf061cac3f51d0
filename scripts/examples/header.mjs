// The header of an example: comment lines at the top of its main file. Those that begin with one of these words hold a command,
// which is run as it is printed.

/** In this order: what to install, what to do once, how to start it, how to ask it. */
const steps = ['Install', 'Prepare', 'Start', 'Ask'];

/**
 * @param source the text of an example's main file
 * @returns the lines of its header, and the commands of each step
 */
export function headerOf(source) {
  const lines = [];
  for (const line of source.split('\n')) {
    const text = /^\/\/ (.*)$/.exec(line)?.[1];
    if (text === undefined) break;
    lines.push(text);
  }
  const commands = Object.fromEntries(steps.map((step) => [step, []]));
  for (const line of lines) {
    const [, step, command] = /^(\w+): +(.*)$/.exec(line) ?? [];
    commands[step]?.push(command);
  }
  return { lines, commands };
}
