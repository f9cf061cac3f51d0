/** Of the CPU that the process uses, so much may go into looking at rows. */
const shareOfCpu = 0.005;
/** What may be spent at once after a quiet time, in milliseconds. */
const mostSavedMs = 100;

/** The CPU time that may be spent on looking at rows: a share of what the process uses itself. All its models draw on it. */
export class CpuAllowance {
  readonly #usedMs: () => number;
  #last: number;
  #leftMs = mostSavedMs;

  /** @param usedMs CPU time that the process has used so far, in milliseconds */
  constructor(usedMs: () => number = ownCpuMs) {
    this.#usedMs = usedMs;
    this.#last = usedMs();
  }

  get leftMs(): number {
    return this.#leftMs;
  }

  spend(ms: number): void {
    this.#leftMs -= ms;
  }

  /** Called about once a second. */
  renew(): void {
    const now = this.#usedMs();
    this.#leftMs = Math.min(mostSavedMs, this.#leftMs + shareOfCpu * (now - this.#last));
    this.#last = now;
  }
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How many windows' worth of rows is looked at in the time of one, beside the first. */
const oversampling = 3;

/**
 * Which rows of one version are looked at. The first that a window needs are all taken, so that little traffic fills it; beyond
 * them rows are drawn at random, each with the same chance within a second. A window of more rows would not be worth
 * their cost: it would find differences that nobody cares about.
 */
export class RowSampler {
  readonly #window: number;
  readonly #perTick: number;
  readonly #allowance: CpuAllowance;
  readonly #random: () => number;
  #tokens: number;
  #seen = 0;
  #chance = 1;
  /** What a row takes, in milliseconds: a moving mean. */
  #costMs = 0;

  /**
   * @param window rows that a window needs
   * @param seconds the shortest time of a window
   */
  constructor(window: number, seconds: number, allowance: CpuAllowance, random: () => number = Math.random) {
    this.#window = window;
    this.#perTick = (oversampling * window) / seconds;
    this.#tokens = 2 * window;
    this.#allowance = allowance;
    this.#random = random;
  }

  /** Whether the next row is to be looked at. */
  takes(): boolean {
    this.#seen++;
    if (this.#chance < 1 && this.#random() >= this.#chance) return false;
    if (this.#tokens < 1 || this.#allowance.leftMs <= 0) return false;
    this.#tokens--;
    return true;
  }

  /** Looking at rows took so long, in milliseconds. */
  spent(ms: number, rows: number): void {
    this.#allowance.spend(ms);
    // The first ones are slower than all that follow.
    this.#costMs += (ms / rows - this.#costMs) / 16;
  }

  /** Called about once a second, after the allowance was renewed. @param elapsed seconds since the last time */
  renew(elapsed: number): void {
    this.#tokens = Math.min(2 * this.#window, this.#tokens + this.#perTick * elapsed);
    const affordable = this.#costMs > 0 ? this.#allowance.leftMs / this.#costMs : Infinity;
    // The first rows of a window are all wanted; then as many as come anew.
    const wanted = this.#tokens > this.#window ? Infinity : this.#tokens;
    const chance = Math.min(wanted, affordable) / this.#seen;
    this.#chance = this.#seen === 0 ? 1 : Math.min(1, Math.max(0, chance));
    this.#seen = 0;
  }
}
