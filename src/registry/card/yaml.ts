type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/**
 * Writes an object as YAML that readers of YAML 1.1 and 1.2 understand alike: members each on a line of its own, texts in
 * double quotes as JSON has them. Keys are our own words. There is always a member or an item in what it is given.
 */
export function yaml(object: Readonly<Record<string, Value>>): string {
  return `${block(object, '').join('\n')}\n`;
}

function block(value: Value, indent: string): string[] {
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((item) => {
      const [first = '', ...rest] = typeof item === 'object' ? block(item, `${indent}  `) : [scalar(item)];
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, member]: [string, Value]) =>
    typeof member === 'object'
      ? [`${indent}${key}:`, ...block(member, `${indent}  `)]
      : [`${indent}${key}: ${scalar(member)}`],
  );
}

function scalar(value: string | number | boolean): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // YAML 1.1 takes 1e-7 for text: a number with an exponent needs a point.
  return String(value).replace(/^(-?\d+)e/, '$1.0e');
}
