/** Bounds what has been received and is not answered yet: beyond it nothing more is read, and senders wait. */
export class ReadGate {
    #most;
    #held = 0;
    #waiting = [];
    constructor(most) {
        this.#most = most;
    }
    /** Calls back when there is room: at once, or after those that wait already. */
    enter(read) {
        if (this.#held < this.#most && this.#waiting.length === 0)
            read();
        else
            this.#waiting.push(read);
    }
    hold(amount) {
        this.#held += amount;
    }
    release(amount) {
        this.#held -= amount;
        while (this.#held < this.#most) {
            const read = this.#waiting.shift();
            if (!read)
                return;
            read();
        }
    }
}
/** What one call reads: bytes within a bound for all calls, and of a stream messages within a bound of its own. */
export class Reading {
    #bytes;
    #messages;
    #held = 0;
    #isOver = false;
    constructor(bytes, mostMessages) {
        this.#bytes = bytes;
        this.#messages = mostMessages === undefined ? undefined : new ReadGate(mostMessages);
    }
    enter(read) {
        if (this.#messages)
            this.#messages.enter(() => this.#bytes.enter(read));
        else
            this.#bytes.enter(read);
    }
    received(bytes) {
        if (this.#isOver)
            return;
        this.#messages?.hold(1);
        this.#held += bytes;
        this.#bytes.hold(bytes);
    }
    /** A message was answered. */
    answered(bytes) {
        if (this.#isOver)
            return;
        this.#held -= bytes;
        this.#bytes.release(bytes);
        this.#messages?.release(1);
    }
    /** Nobody waits for answers any more. */
    end() {
        this.#isOver = true;
        const held = this.#held;
        this.#held = 0;
        this.#bytes.release(held);
    }
}
