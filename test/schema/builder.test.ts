import { expect } from 'chai';
import typebox from 'typebox';
import Type from '#dist/schema/builder.js';

/** The same schema from a builder of either make. */
const schemas: readonly ((type: typeof Type) => object)[] = [
  (type) => type.Array(type.String({ minLength: 1 }), { maxItems: 3 }),
  (type) => type.Boolean({ description: 'yes or no' }),
  (type) => type.Enum(['a', 'b'], { title: 'which' }),
  (type) => type.Integer({ minimum: 0 }),
  (type) => type.Literal('a'),
  (type) => type.Literal(2),
  (type) => type.Literal(true),
  (type) => type.Null(),
  (type) => type.Number({ maximum: 1 }),
  (type) => type.Object({}),
  (type) => type.Object({ a: type.Optional(type.Null()) }, { description: 'nothing is required' }),
  (type) =>
    type.Object({ a: type.String(), b: type.Optional(type.String()), c: type.Null() }, { additionalProperties: false }),
  (type) => type.Union([type.String(), type.Null()], { description: 'either' }),
  (type) => type.Unknown({ description: 'anything' }),
  (type) => type.Unsafe<string>({ type: 'string', enum: ['a'] }),
  // What was optional is required again where it is built into another.
  (type) => type.Object({ a: { ...type.Optional(type.String()), type: ['string', 'null'] } }),
];

describe('schema/builder', () => {
  for (const schema of schemas) {
    const own = JSON.stringify(schema(Type));
    it(`makes what typebox makes: ${own}`, () => {
      expect(own).to.equal(JSON.stringify(schema(typebox as unknown as typeof Type)));
    });
  }

  it('leaves the schema as it was that it makes optional', () => {
    const text = Type.String();
    const both = Type.Object({ a: text, b: Type.Optional(text) });
    expect(both.required).to.deep.equal(['a']);
  });
});
