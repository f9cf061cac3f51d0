import { isErrorCode, torchError } from '../errors.js';
import { Desk, Ticket } from '../async/ticket.js';
class Operation extends Ticket {
    id;
    handle;
    constructor(desk, id, handle, limits) {
        super(desk, limits);
        this.id = id;
        this.handle = handle;
    }
}
/** Promises for operations of the addon. */
export class Dispatcher {
    #operations = new Map();
    #desk;
    #deliver;
    #nextId = 1;
    constructor(addon, clock) {
        this.#deliver = () => {
            addon.deliver();
        };
        this.#desk = new Desk({
            clock,
            hold: (held) => {
                addon.holdLoop(held);
            },
            drop: ({ id, handle }) => {
                const isDropped = handle !== undefined && addon.cancel(id, handle);
                if (isDropped)
                    this.#operations.delete(id);
                return isDropped;
            },
        });
    }
    /** For Addon.initialise. */
    onSettled = (group, more = false) => {
        if (more)
            setImmediate(this.#deliver);
        for (let i = 0; i < group.length; i += 5) {
            this.#settle(group[i], group[i + 1], group[i + 2], group[i + 3], group[i + 4]);
        }
    };
    /**
     * Submits an operation and waits for it. Rejects with the engine's error, ERR_TIMEOUT, or `signal.reason`; an abort
     * and a time-out reject at once, and what already runs goes on in the background.
     */
    start(submit, limits = {}) {
        const { signal, handle } = limits;
        if (signal?.aborted)
            return Promise.reject(signal.reason);
        const id = this.#nextId++;
        try {
            submit(id);
        }
        catch (error) {
            return Promise.reject(fromNative(error));
        }
        const operation = new Operation(this.#desk, id, handle, limits);
        this.#operations.set(id, operation);
        return operation.promise;
    }
    #settle(id, error, value, queueMs, runMs) {
        const operation = this.#operations.get(id);
        if (!operation)
            return;
        this.#operations.delete(id);
        if (error)
            operation.reject(fromNative(error));
        else
            operation.resolve({ value, timings: { queueMs, runMs } });
    }
}
/** The addon with functions that throw errors of our table. */
export function codedAddon(addon) {
    const coded = Object.entries(addon).map(([name, value]) => [
        name,
        typeof value === 'function' ? coding(value) : value,
    ]);
    return Object.freeze(Object.fromEntries(coded));
}
function coding(call) {
    return (...args) => {
        try {
            return call(...args);
        }
        catch (error) {
            throw fromNative(error);
        }
    };
}
/** The addon's `{code, message}` as an error of our table, a trace as its cause; anything else as it is. */
export function fromNative(error) {
    const { code, message, trace } = error;
    if (!isErrorCode(code))
        return error;
    return torchError(code, message ?? '', trace === undefined ? {} : { cause: new Error(trace) });
}
