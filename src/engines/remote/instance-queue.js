import { Desk, Ticket } from '../../async/ticket.js';
import { torchError } from '../../errors.js';
class Job extends Ticket {
    submission;
    instance;
    /** When an instance got it, on the desk's clock. */
    began = 0;
    constructor(desk, submission, instance, limits) {
        super(desk, limits);
        this.submission = submission;
        this.instance = instance;
    }
}
/**
 * The runs of a model: its instances, and the runs that wait for one. They wait here and not at an instance, so that an
 * abort takes them out.
 */
export class InstanceQueue {
    #ports;
    #running;
    #waiting = new Set();
    #maxPending;
    #desk = new Desk({
        hold: (held) => {
            for (const port of this.#ports)
                port.hold(held);
        },
        drop: (job) => this.#waiting.delete(job),
    });
    #closing = false;
    #broken;
    #idle;
    constructor(ports, maxPending) {
        this.#ports = ports;
        this.#running = ports.map(() => undefined);
        this.#maxPending = maxPending;
        for (const port of ports) {
            port.hold(false);
            port.onGone = (error) => {
                this.#broken = error;
                this.#drop(error);
            };
        }
    }
    /**
     * Runs on the given instance, or with -1 on the next that is idle.
     * @param prepare is called when there is room
     * @throws ERR_QUEUE_FULL, ERR_TIMEOUT, `signal.reason`, ERR_DISPOSED, what the instance throws, or ERR_INTERNAL once one has ended
     */
    async submit(prepare, { signal, timeoutMs }, instance, { accepted, finished }) {
        signal?.throwIfAborted();
        if (this.#broken)
            throw torchError(this.#broken.code, this.#broken.message);
        this.#requireRoom();
        const submission = prepare();
        accepted();
        const since = this.#desk.clock.now();
        const job = new Job(this.#desk, submission, instance, { signal, timeoutMs, since, onFinished: finished });
        this.#waiting.add(job);
        this.#pump();
        return job.promise;
    }
    /** What the instances run at this moment. */
    busy() {
        const now = this.#desk.clock.now();
        const ages = this.#running.flatMap((job) => (job ? [now - job.began] : []));
        if (ages.length === 0)
            return { running: 0, oldestMs: 0, youngestMs: 0 };
        return { running: ages.length, oldestMs: Math.max(...ages), youngestMs: Math.min(...ages) };
    }
    /** Drops what waits, lets what runs finish, and ends the instances. */
    async close() {
        this.#closing = true;
        this.#desk.hold(); // until the instances have ended
        try {
            this.#drop(torchError('ERR_DISPOSED', 'The model was disposed'));
            if (this.#running.some((job) => job))
                await new Promise((resolve) => (this.#idle = resolve));
            await Promise.all(this.#ports.map(endPort));
        }
        finally {
            this.#desk.unhold();
        }
    }
    #requireRoom() {
        const running = this.#running.reduce((count, job) => count + (job ? 1 : 0), 0);
        if (running + this.#waiting.size < this.#ports.length + this.#maxPending)
            return;
        throw torchError('ERR_QUEUE_FULL', "The model's queue of waiting runs is full; raise maxPending or send less");
    }
    /** Gives every idle instance the oldest run that may go to it. */
    #pump() {
        if (this.#waiting.size === 0)
            return;
        for (const index of this.#ports.keys()) {
            if (this.#running[index])
                continue;
            for (const job of this.#waiting) {
                if (job.instance !== -1 && job.instance !== index)
                    continue;
                this.#waiting.delete(job);
                this.#run(job, index);
                break;
            }
        }
    }
    #run(job, index) {
        this.#running[index] = job;
        job.began = this.#desk.clock.now();
        const queueMs = job.began - job.since;
        this.#ports[index].run(job.submission).then(({ outputs, runMs }) => {
            this.#running[index] = undefined;
            job.resolve({ outputs, timings: { queueMs, runMs } });
            this.#next();
        }, (error) => {
            this.#running[index] = undefined;
            job.reject(error);
            this.#next();
        });
    }
    #next() {
        if (!this.#closing)
            this.#pump();
        else if (!this.#running.some((job) => job))
            this.#idle?.();
    }
    #drop(error) {
        for (const job of this.#waiting) {
            this.#waiting.delete(job);
            job.reject(error);
        }
    }
}
async function endPort(port) {
    await port.release().catch(() => undefined);
    await port.end();
}
