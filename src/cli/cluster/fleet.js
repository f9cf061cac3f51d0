import { torchError } from '../../errors.js';
import { fileVersion, nameOf } from '../serve-targets.js';
import { merged } from './descriptions.js';
import { send } from './messages.js';
import { lives, Replies } from './replies.js';
/** A worker that says nothing for so long is left out of a list. */
const patienceMs = 1000;
/**
 * The models of all workers. A load has two phases: every worker brings the model up beside what serves, and only when all
 * have it do all swap. A worker that comes up later is made like the others before it gets its first connection.
 */
export class ClusterFleet {
    #logger;
    #replies = new Replies();
    /** Those that get connections, and have what is in the set. */
    #members = new Set();
    /** All that listen for messages, with what they said last of their models. */
    #described = new Map();
    /** What every member has, by `name version`. */
    #set = new Map();
    #failed = [];
    #changes = 0;
    /** Questions of what workers have that are not answered yet. */
    #questions = new Set();
    #round = 0;
    /** Changes and newcomers take turns. */
    #turn = Promise.resolve();
    constructor(models, logger) {
        this.#logger = logger;
        for (const member of models)
            this.#set.set(keyOf(member), member);
    }
    /** What every worker has, or is to start with. */
    get models() {
        return [...this.#set.values()];
    }
    /** What was to be served from the start, and could not be loaded. */
    get failed() {
        return this.#failed.filter((each) => !this.#set.has(keyOf({ name: each.model, version: each.version })));
    }
    /** Whether any worker serves. */
    get isUp() {
        return this.#members.size > 0;
    }
    onMessage(worker, message) {
        switch (message.kind) {
            case 'askSet':
                send(worker, { kind: 'set', models: this.models });
                break;
            case 'started':
                this.#described.set(worker, { models: [], failed: [] });
                break;
            case 'description':
                this.#described.set(worker, message);
                this.#answered(worker, message.round);
                break;
            case 'prepared':
            case 'done':
            case 'failed':
                this.#replies.heard(worker, message);
        }
    }
    onExit(worker) {
        this.#members.delete(worker);
        this.#described.delete(worker);
        this.#replies.ended(worker);
        this.#answered(worker, this.#round);
    }
    /**
     * Makes a worker that has come up like the others. Resolves once it is; then it may get connections.
     * @throws why it cannot be
     */
    admit(worker) {
        return this.#inTurn(async () => {
            if (this.#members.size === 0 && this.#changes === 0)
                await this.#pin(worker);
            await this.#replies.ask([worker], { kind: 'sync', change: ++this.#changes, models: this.models }, 'done');
            if (!lives(worker))
                throw torchError('ERR_NOT_READY', 'Expected a worker that is up but it has ended');
            this.#members.add(worker);
            await this.#warnOfOthers(worker);
        });
    }
    async list() {
        await this.#describe(this.#seen());
        return this.latest();
    }
    /** What the workers said last. */
    latest() {
        return merged(this.#seen().map((worker) => this.#described.get(worker)?.models ?? []));
    }
    /** Those that still load count once they get connections; while nobody does, they say how far they are. */
    #seen() {
        return [...(this.isUp ? this.#members : this.#described.keys())].filter(lives);
    }
    load(model, signal) {
        return this.#inTurn(async () => {
            const change = ++this.#changes;
            const asked = this.#living();
            try {
                await this.#replies.ask(asked, { kind: 'prepare', change, model }, 'prepared', signal);
                requireSome(asked.filter(lives));
            }
            catch (error) {
                await this.#replies.ask(asked.filter(lives), { kind: 'abandon', change }, 'done').catch(() => undefined);
                throw error;
            }
            // It is decided: one that ends before it swaps is replaced by one that has it.
            this.#take(model, change);
            await this.#finish(asked.filter(lives), change);
        });
    }
    unload(name, version) {
        return this.#inTurn(async () => {
            const change = ++this.#changes;
            const asked = this.#living();
            this.#set.delete(keyOf({ name, version }));
            const drained = this.#replies.expect(asked, change, 'done');
            drained.catch(() => undefined);
            await this.#replies.ask(asked, { kind: 'unload', change, name, version }, 'prepared');
            return { drained };
        });
    }
    #living() {
        const living = [...this.#members].filter(lives);
        requireSome(living);
        return living;
    }
    #inTurn(work) {
        const running = this.#turn.then(work);
        this.#turn = running.catch(() => undefined);
        return running;
    }
    /** It keeps its place, which says what the default version is. */
    #take(model, revision) {
        for (const member of membersOf(model, revision))
            this.#set.set(keyOf(member), member);
    }
    /** A worker that cannot swap what it has prepared is of no use: it is ended, and replaced by one that starts with it. */
    async #finish(workers, change) {
        await Promise.all(workers.map(async (worker) => {
            try {
                await this.#replies.ask([worker], { kind: 'commit', change }, 'done');
            }
            catch (err) {
                this.#logger.error({ worker: worker.id, err }, 'a worker could not change its models: killed');
                this.#members.delete(worker);
                worker.process.kill('SIGKILL');
            }
        }));
    }
    /** The first worker has found out which versions are meant, and which models cannot be loaded. */
    async #pin(worker) {
        await this.#describe([worker]);
        const { models = [], failed = [] } = this.#described.get(worker) ?? {};
        const up = models.filter(({ state }) => state === 'READY');
        this.#failed = failed.map((each) => ({ ...each, error: undefined }));
        const before = this.models;
        this.#set.clear();
        for (const member of before) {
            for (const { name, version } of up) {
                if (name !== member.name || (member.version || version) !== version)
                    continue;
                const pinned = { ...member, version, model: pin(member.model, version) };
                this.#set.set(keyOf(pinned), pinned);
            }
        }
    }
    /** A file may have been written since the others read it. */
    async #warnOfOthers(worker) {
        await this.#describe([worker]);
        const others = merged([...this.#members].filter((each) => each !== worker).map((each) => this.#described.get(each)?.models ?? []));
        for (const { name, version, digest } of this.#described.get(worker)?.models ?? []) {
            const other = others.find((each) => each.name === name && each.version === version);
            if (digest === undefined || other?.digest === undefined || digest === other.digest)
                continue;
            this.#logger.warn({ worker: worker.id, model: name, version }, 'the file of a model has changed, and this worker has other bytes than the rest: load it anew, by SIGHUP or over the admin port');
        }
    }
    /** Asks those workers what they have; who does not answer stands with what it said last. */
    async #describe(workers) {
        if (workers.length === 0)
            return;
        const round = ++this.#round;
        await new Promise((resolve) => {
            const question = { round, awaited: new Set(workers), resolve };
            this.#questions.add(question);
            setTimeout(() => this.#end(question), patienceMs).unref();
            for (const worker of workers)
                send(worker, { kind: 'describe', round });
        });
    }
    #answered(worker, round) {
        for (const question of this.#questions) {
            if (question.round > round)
                continue;
            question.awaited.delete(worker);
            if (question.awaited.size === 0)
                this.#end(question);
        }
    }
    #end(question) {
        this.#questions.delete(question);
        question.resolve();
    }
}
function keyOf({ name, version }) {
    return `${name} ${version}`;
}
/** The versions of an entry, each by itself; one without a version where it is not known which are meant. */
export function membersOf(model, revision) {
    const name = nameOf(model);
    const versions = model.file === undefined ? (model.versions ?? ['']) : [model.version ?? fileVersion];
    return versions.map((version) => ({ name, version, model: pin(model, version), revision }));
}
function pin(model, version) {
    return model.file !== undefined || version === '' ? model : { ...model, versions: [version] };
}
function requireSome(workers) {
    if (workers.length > 0)
        return;
    throw torchError('ERR_NOT_READY', 'Expected a worker that is up, but all of them have ended or still load');
}
