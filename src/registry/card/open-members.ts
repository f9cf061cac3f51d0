import type { Block, Cell, Fact } from './blocks.js';

/** Facts of one open member; how many more there were the last one says. */
const mostFacts = 60;
/** Rows and columns of a table. */
const mostRows = 100;
const mostColumns = 20;
/** How deep the members of members are looked at. */
const mostDepth = 4;

/**
 * What an open member of a record (`metrics`, `training`, `framework`) holds: values become facts, with the path as their
 * name; lists of objects and lists of lists become tables.
 * @param without members that are shown elsewhere
 */
export function openMembers(value: unknown, without: readonly string[] = []): Block[] {
  const facts: Fact[] = [];
  const tables: Block[] = [];
  let left = 0;
  const visit = (name: string, item: unknown, depth: number): void => {
    if (item === null || item === undefined) return;
    const table = Array.isArray(item) ? tableOf(name, item as unknown[]) : undefined;
    if (table) {
      if (tables.length < mostFacts) tables.push(table);
      else left++;
    } else if (typeof item === 'object' && !Array.isArray(item) && depth < mostDepth) {
      for (const [key, member] of Object.entries(item)) visit(`${name}.${key}`, member, depth + 1);
    } else if (facts.length < mostFacts) facts.push({ name, value: cellOf(item) });
    else left++;
  };
  for (const [name, item] of Object.entries(value ?? {})) {
    if (!without.includes(name)) visit(name, item, 1);
  }
  if (left > 0) facts.push({ name: 'more members', value: left });
  return [...(facts.length > 0 ? [{ kind: 'facts', facts } as const] : []), ...tables];
}

/** A list of objects by their members, or a list of lists; undefined for all other lists. */
function tableOf(caption: string, list: readonly unknown[]): Block | undefined {
  if (list.length === 0) return undefined;
  const isList = list.every((item) => Array.isArray(item));
  const isObject = list.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
  if (!isList && !isObject) return undefined;
  const shown = list.slice(0, mostRows) as readonly object[];
  const keys = new Set<string>();
  for (const item of shown) {
    for (const key of Object.keys(item)) if (keys.size < mostColumns) keys.add(key);
  }
  const columns = [...keys];
  return {
    kind: 'table',
    caption,
    columns,
    rows: shown.map((item) => columns.map((key) => cellOf((item as Record<string, unknown>)[key]))),
    more: list.length - shown.length,
  };
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  return JSON.stringify(value);
}
