/**
 * What a model and a worker that runs one of its instances say to each other, whatever the engine: one request at a time,
 * one reply to each. An engine adds requests of its own for loading.
 */
export {};
