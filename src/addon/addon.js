/**
 * The native addon as it really is: every function that native/binding exports, typed by hand. Nothing outside
 * src/addon and src/engines imports this.
 */
export {};
