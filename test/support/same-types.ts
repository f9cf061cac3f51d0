/** `true` for two types that are the same to the last member, its name, its type, and whether it may be left out; else `false`. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the compiler compares two functions by what they do with T
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
