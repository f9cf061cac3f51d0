import { expect } from 'chai';
import type { ModelRecord } from 'node-libtorch';
import { recordSchemas } from '#dist/registry/schema.js';
import type { Static } from '#dist/schema/builder.js';
import type { Same } from '../support/same-types.js';

/** Read-only throughout, and without the members that a record may have besides those that are named. */
type Plain<T> = T extends readonly unknown[]
  ? { readonly [K in keyof T]: Plain<T[K]> }
  : T extends object
    ? { readonly [K in keyof T as string extends K ? never : K]: Plain<T[K]> }
    : T;
type Named<T> = Plain<Omit<{ [K in keyof T]: T[K] }, 'schemaVersion'>>;
type Record1 = Static<(typeof recordSchemas)[1]>;
type Record2 = Static<(typeof recordSchemas)[2]>;

describe('ModelRecord', () => {
  it('has the members of the schema that records are checked by, each of the same type', () => {
    // The compiler compares the types: this file does not compile once they differ.
    const isSame: Same<Named<ModelRecord>, Named<Record2>> = true;
    const takesFirst: Plain<Record1> extends Plain<ModelRecord> ? true : false = true;
    expect([isSame, takesFirst]).to.deep.equal([true, true]);
    // The comparison itself tells a member that may be left out, and a type, from another.
    const isOther: Same<Named<ModelRecord>, Named<Omit<Record2, 'license'> & { license: string }>> = false;
    const isLacking: Same<Named<Omit<ModelRecord, 'license'>>, Named<Record2>> = false;
    expect([isOther, isLacking]).to.deep.equal([false, false]);
  });
});
