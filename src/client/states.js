const states = ['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING', 'UNKNOWN'];
/** MLServer writes `State.READY` over gRPC. */
export function stateOf(said) {
    const word = String(said).split('.').at(-1);
    return states.find((state) => state === word) ?? 'UNKNOWN';
}
