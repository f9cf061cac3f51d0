/** A list, dict, tuple or object of a pickle; what it holds may grow after it was put somewhere. */
type Node = Node[];

/** Operands that follow an operation, in bytes: those of a fixed length. */
const fixedOperands: Readonly<Record<string, number>> = {
  '\x80': 1, // PROTO
  K: 1, // BININT1
  M: 2, // BININT2
  J: 4, // BININT
  G: 8, // BINFLOAT
  q: 1, // BINPUT
  r: 4, // LONG_BINPUT
  h: 1, // BINGET
  j: 4, // LONG_BINGET
};
/** Those that begin with their length, in so many bytes. */
const countedOperands: Readonly<Record<string, number>> = {
  X: 4,
  '\x8c': 1,
  U: 1,
  T: 4,
  B: 4,
  C: 1,
  '\x8a': 1,
  '\x8b': 4,
};

/** More objects than any archive has whose pickles fit into the limits of an archive. */
const maxNodes = 20_000_000;

/**
 * How deeply the values of a pickle nest: LibTorch's reader is no recursion, but what it makes is destroyed, copied and typed
 * by one. Operations that it does not know are left to it to refuse.
 * @returns the depth, or any greater number than `limit` once that is passed
 */
export async function pickleDepth(file: AsyncIterable<Buffer> | Iterable<Buffer>, limit: number): Promise<number> {
  const pieces: Buffer[] = [];
  for await (const piece of file) pieces.push(piece);
  return deepest(holdersOf(Buffer.concat(pieces)), limit);
}

/** Runs the pickle on a stack of nodes, and returns all of them. */
function holdersOf(bytes: Buffer): readonly Node[] {
  const nodes: Node[] = [];
  const leaf: Node = [];
  const stack: Node[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Node>();
  const make = (content: readonly Node[]): void => {
    const node = content.filter((inner) => inner !== leaf);
    nodes.push(node);
    stack.push(node);
  };
  const take = (count: number): Node[] => stack.splice(Math.max(0, stack.length - count), count);
  const takeMarked = (): Node[] => stack.splice(marks.pop() ?? 0);
  const put = (content: readonly Node[]): void => {
    for (const inner of content) if (inner !== leaf) stack.at(-1)?.push(inner);
  };
  const operations: Readonly<Record<string, () => void>> = {
    '(': () => marks.push(stack.length),
    ']': () => {
      make([]);
    },
    '}': () => {
      make([]);
    },
    ')': () => stack.push(leaf),
    t: () => {
      make(takeMarked());
    },
    l: () => {
      make(takeMarked());
    },
    d: () => {
      make(takeMarked());
    },
    '\x85': () => {
      make(take(1));
    },
    '\x86': () => {
      make(take(2));
    },
    '\x87': () => {
      make(take(3));
    },
    // What is called or made is a leaf of its own; its arguments are inside it.
    R: () => {
      make(take(2));
    },
    '\x81': () => {
      make(take(2));
    },
    Q: () => {
      make(take(1));
    },
    a: () => {
      put(take(1));
    },
    e: () => {
      put(takeMarked());
    },
    s: () => {
      put(take(2));
    },
    u: () => {
      put(takeMarked());
    },
    b: () => {
      put(take(1));
    },
    '0': () => stack.pop(),
    '2': () => stack.push(stack.at(-1) ?? leaf),
  };
  const number = (at: number, length: number): number =>
    length > 0 && at + length <= bytes.length ? bytes.readUIntLE(at, length) : 0;
  for (let at = 0; at < bytes.length && nodes.length < maxNodes;) {
    const code = String.fromCharCode(bytes[at] ?? 0);
    ++at;
    if (code === '.') break;
    const fixed = fixedOperands[code];
    const counted = countedOperands[code];
    if (fixed !== undefined) {
      if (code === 'q' || code === 'r') memo.set(number(at, fixed), stack.at(-1) ?? leaf);
      else if (code === 'h' || code === 'j') stack.push(memo.get(number(at, fixed)) ?? leaf);
      else if (code !== '\x80') stack.push(leaf);
      at += fixed;
    } else if (counted !== undefined) {
      at += counted + number(at, counted);
      stack.push(leaf);
    } else if (code === 'c') {
      // Two lines: a module and a name.
      at = bytes.indexOf(10, bytes.indexOf(10, at) + 1) + 1;
      if (at === 0) break;
      stack.push(leaf);
    } else if (Object.hasOwn(operations, code)) {
      operations[code]?.();
    } else {
      stack.push(leaf); // True, False, None, and what LibTorch refuses
    }
  }
  return nodes;
}

/** The length of the longest chain of nodes, found without recursion. A circle is endless. */
function deepest(nodes: readonly Node[], limit: number): number {
  const depths = new Map<Node, number>();
  let most = 0;
  for (const root of nodes) {
    if (depths.has(root)) continue;
    const path: { node: Node; next: number; depth: number }[] = [{ node: root, next: 0, depth: 1 }];
    const open = new Set<Node>([root]);
    while (path.length > 0) {
      if (path.length > limit) return path.length;
      const top = path.at(-1) as (typeof path)[number];
      const inner = top.node[top.next++];
      if (inner === undefined) {
        depths.set(top.node, top.depth);
        most = Math.max(most, top.depth);
        open.delete(top.node);
        path.pop();
        const above = path.at(-1);
        if (above) above.depth = Math.max(above.depth, top.depth + 1);
        continue;
      }
      if (open.has(inner)) return Infinity;
      const known = depths.get(inner);
      if (known === undefined) {
        open.add(inner);
        path.push({ node: inner, next: 0, depth: 1 });
      } else top.depth = Math.max(top.depth, known + 1);
    }
    if (most > limit) return most;
  }
  return most;
}
