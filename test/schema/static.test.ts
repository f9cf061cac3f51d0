import { expect } from 'chai';
import typebox, { type Static as StaticOfTypebox } from 'typebox';
import Type, { type Static } from '#dist/schema/builder.js';
import type { Same } from '../support/same-types.js';

/** Each object as one type, where typebox makes an intersection. */
type Whole<T> = T extends object ? { [K in keyof T]: Whole<T[K]> } : T;

const own = Type.Object({
  array: Type.Array(Type.Object({ a: Type.Optional(Type.Integer()) })),
  flag: Type.Boolean(),
  none: Type.Null(),
  either: Type.Union([Type.Literal('a'), Type.Literal(2), Type.Null()]),
  lacking: Type.Optional(Type.String({ minLength: 1 })),
  open: Type.Optional(Type.Object({}, { additionalProperties: true })),
  number: Type.Number(),
  anything: Type.Unknown(),
  written: Type.Unsafe<readonly ['a', 1?]>({ type: 'array' }),
});
const theirs = typebox.Object({
  array: typebox.Array(typebox.Object({ a: typebox.Optional(typebox.Integer()) })),
  flag: typebox.Boolean(),
  none: typebox.Null(),
  either: typebox.Union([typebox.Literal('a'), typebox.Literal(2), typebox.Null()]),
  lacking: typebox.Optional(typebox.String({ minLength: 1 })),
  open: typebox.Optional(typebox.Object({}, { additionalProperties: true })),
  number: typebox.Number(),
  anything: typebox.Unknown(),
  written: typebox.Unsafe<readonly ['a', 1?]>({ type: 'array' }),
});
const choice = Type.Enum(['a', 'b']);
const theirChoice = typebox.Enum(['a', 'b']);

describe('schema/builder, its types', () => {
  it('are those of typebox', () => {
    // The compiler compares them: this file does not compile once they differ.
    const isSame: Same<Whole<Static<typeof own>>, Whole<StaticOfTypebox<typeof theirs>>> = true;
    const isSameChoice: Same<Static<typeof choice>, StaticOfTypebox<typeof theirChoice>> = true;
    const isOther: Same<Whole<Static<typeof own.properties.array>>, Whole<StaticOfTypebox<typeof theirs>>> = false;
    for (const [one, other] of [
      [own, theirs],
      [choice, theirChoice],
    ])
      expect(JSON.stringify(one)).to.equal(JSON.stringify(other));
    expect([isSame, isSameChoice, isOther]).to.deep.equal([true, true, false]);
  });
});
