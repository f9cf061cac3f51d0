// Markdown pages in pieces: prose, and fenced blocks.

/** Lines outside of fenced blocks; and the blocks, each with its info string and the line where it begins. */
export function parse(text) {
  const prose = [];
  const blocks = [];
  let fence;
  for (const [index, line] of text.split('\n').entries()) {
    const mark = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (fence !== undefined) {
      if (mark?.[1].startsWith(fence) && mark[2] === '') fence = undefined;
      else blocks.at(-1).code.push(line);
    } else if (mark) {
      fence = mark[1];
      blocks.push({ info: mark[2].trim(), line: index + 1, code: [] });
    } else prose.push({ line: index + 1, text: line });
  }
  return { prose, blocks };
}
