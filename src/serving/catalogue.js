/** What a host knows of its models: each version, what serves it, and what became of its last load. */
import { describe, errorTable, TorchError, torchError } from '../errors.js';
import { Statistics } from './statistics.js';
/** Versions that are not up and were loaded by the way; more are forgotten, the oldest first. */
const mostIdle = 256;
/** Versions of one name that are listed because the registry has them. */
const mostOthers = 256;
export class Catalogue {
    #groups = new Map();
    /** Every model that is up, in the order in which they were named. */
    *served() {
        for (const { served } of this.#groups.values())
            yield* served;
    }
    /** Versions of a name that are up; the first is the default. */
    versions(name) {
        return this.#groups.get(name)?.served ?? [];
    }
    slots(name) {
        return this.#groups.get(name)?.slots ?? [];
    }
    slot(name, version) {
        return this.#groups.get(name)?.slots.find(({ source }) => source.version === version);
    }
    *all() {
        for (const { slots } of this.#groups.values())
            yield* slots;
    }
    add(source, isOriginal) {
        const slot = {
            ...{ source, isOriginal, served: undefined, work: undefined, failure: undefined, wasUnloaded: false },
            statistics: new Statistics(),
        };
        let group = this.#groups.get(source.name);
        if (!group)
            this.#groups.set(source.name, (group = { slots: [], served: [], others: [] }));
        group.slots.push(slot);
        return slot;
    }
    /** Puts a model into its place, or takes it out. Returns what was there. */
    serve(slot, served) {
        const before = slot.served;
        slot.served = served;
        const group = this.#groups.get(slot.source.name);
        group.served = group.slots.flatMap((each) => each.served ?? []);
        return before;
    }
    /** @param versions all that the registry has of a name, ascending */
    knows(name, versions) {
        const group = this.#groups.get(name);
        if (group)
            group.others = versions.slice(-mostOthers).reverse();
    }
    forget(slot) {
        const { name } = slot.source;
        const group = this.#groups.get(name);
        if (!group)
            return;
        group.slots.splice(group.slots.indexOf(slot), 1);
        if (group.slots.length === 0)
            this.#groups.delete(name);
    }
    /** Forgets the oldest of what is not up and was not named at the start, beyond a limit. */
    prune() {
        const idle = [...this.all()].filter(({ isOriginal, served, work }) => !isOriginal && !served && !work);
        for (const slot of idle.slice(0, -mostIdle))
            this.forget(slot);
    }
    /** @throws ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND for what is not known */
    slotsToUnload(name, version) {
        const slots = this.slots(name);
        if (slots.length === 0)
            throw noSuchModel(`received ${describe(name)}`);
        if (version === undefined)
            return slots;
        const slot = this.slot(name, version);
        if (slot)
            return [slot];
        throw noSuchVersion(slots.map(({ source }) => source.version ?? '').join(', '), name, describe(version));
    }
    /** @throws why a name or version is not served: ERR_NOT_READY, ERR_MODEL_NOT_FOUND or ERR_VERSION_NOT_FOUND */
    refuse(name, version) {
        const slots = this.slots(name);
        const slot = version === undefined ? slots[0] : this.slot(name, version);
        const isComing = version === undefined ? slots.some(({ work }) => work === 'LOADING') : slot?.work === 'LOADING';
        if (isComing)
            throw torchError('ERR_NOT_READY', `${name} is still being loaded`);
        const got = slot ? `${name} ${version ?? ''} `.replace('  ', ' ') + inWords(slot) : undefined;
        const served = this.versions(name);
        if (served.length === 0)
            throw noSuchModel(got ?? `received ${describe(name)}`);
        throw noSuchVersion(served.map((each) => each.version).join(', '), name, describe(version), got);
    }
    index() {
        return [...this.#groups].flatMap(([name, { slots, others }]) => {
            const known = new Set(slots.map(({ source }) => source.version));
            return [
                ...slots.map((slot) => ({ name, version: slot.source.version ?? '', ...stateOf(slot) })),
                ...others.flatMap((version) => known.has(version) ? [] : { name, version, state: 'UNAVAILABLE', reason: 'not loaded' }),
            ];
        });
    }
    failed() {
        return [...this.all()].flatMap(({ source, served, failure }) => failure && !served ? { model: source.name, version: source.version ?? '', ...failure } : []);
    }
}
function stateOf({ served, work, failure, wasUnloaded }) {
    if (served)
        return { state: 'READY', reason: failure ? `the last load failed: ${failure.message}` : '' };
    if (work === 'LOADING')
        return { state: 'LOADING', reason: 'being loaded' };
    if (work === 'UNLOADING')
        return { state: 'UNLOADING', reason: 'unloaded once the calls in flight have ended' };
    if (failure)
        return { state: 'UNAVAILABLE', reason: failure.message };
    return { state: 'UNAVAILABLE', reason: wasUnloaded ? 'unloaded' : 'not loaded' };
}
function inWords({ work, failure }) {
    if (work === 'UNLOADING')
        return 'is being unloaded';
    return failure ? `could not be loaded: ${failure.message}` : 'was unloaded';
}
function noSuchModel(got) {
    return torchError('ERR_MODEL_NOT_FOUND', `Expected a model that is served but ${got}`);
}
function noSuchVersion(known, name, version, why) {
    const more = why === undefined ? '' : `: ${why}`;
    return torchError('ERR_VERSION_NOT_FOUND', `Expected one of ${known} of ${name} but received ${version}${more}`);
}
/** The registry has no such model or version. */
export function isUnknown({ code }) {
    return code === 'ERR_MODEL_NOT_FOUND' || code === 'ERR_VERSION_NOT_FOUND';
}
/** What became of a load, in words that anybody may read: messages of a load hold paths. */
export function failureOf(error) {
    const code = error instanceof TorchError ? error.code : 'ERR_INTERNAL';
    // Those have names alone in them.
    const isReadable = error instanceof TorchError && isUnknown({ code });
    return { code, message: isReadable ? error.message : `${errorTable[code].title} (${code})`, error };
}
