import { RequestIndex } from './request-index.js';

/** What a version answered to a request: the class of each row and its probability, nothing of the input. */
export interface Prediction {
  readonly model: string;
  readonly version: string;
  /** Of its artifact. */
  readonly identity: string;
  /** What the classes are called; undefined where the answer is no class, so that no label can be right or wrong. */
  readonly labels: readonly string[] | undefined;
  readonly classes: Int32Array;
  readonly confidences: Float32Array;
}

interface Remembered {
  /** Of one model: what its versions have answered. */
  readonly predictions: readonly Prediction[];
  /** Milliseconds, on a clock that all processes of this machine have. */
  readonly answeredAt: number;
  readonly labelled: boolean;
}

export interface FeedbackRingLimits {
  /** Requests that are remembered, one that several models have answered for each of them; the oldest are forgotten. */
  readonly requests: number;
  /** Rows of them all together. Default 16 for each request. */
  readonly rows?: number;
}

/** Who answered. Requests share it. */
export type Answerer = Pick<Prediction, 'model' | 'version' | 'identity' | 'labels'>;

/** A prediction in plain numbers: typed arrays of a few rows take several times as much. */
interface Packed {
  readonly by: Answerer;
  /** The class and the confidence of each row. */
  readonly values: readonly number[];
}

/** One prediction of at most one row is in columns; whatever has more is here. */
interface Several {
  readonly answers: readonly Packed[];
  readonly rows: number;
}

/** Versions that may have answered one request: its own, and those that it was compared with. */
const mostPredictions = 8;
const longestAlias = 256;
/** Answerers that are shared; with more of them, each request has its own for a while. */
const mostShared = 256;
/** Answers to look through for one that is being named: those of a few batches, which end at the same time. */
const mostRecent = 64;
/** To index so many requests at once takes a few milliseconds. A larger ring has its index all the time. */
const mostUnindexed = 20_000;

/**
 * The newest requests by their id, so that labels that come back later find what was predicted. Bounded by requests and by
 * rows: about 150 bytes for a request of one row, and 16 for each row of a larger one. An id that comes again stands for the
 * newest answer of a model: what that model had answered under it is forgotten. Each client has its own ids, and finds no others'; without clients,
 * all are one.
 *
 * Every answer is remembered and few are asked for. So remembering one writes to columns and no more: the index by id is made
 * by the first question, kept up while there are more of them, and given up when none has come for as many answers as the
 * ring holds. An id that has come again takes up room until then, its rows as well.
 * @example
 * const ring = new FeedbackRing({ requests: 10_000 });
 * ring.remember('7f1c', { model: 'mnist', version: 'v1', labels, classes: Int32Array.of(3), confidences: Float32Array.of(0.98) });
 * ring.find('7f1c'); // of each model its predictions; nothing once they are forgotten
 */
export class FeedbackRing {
  readonly #limits: Required<FeedbackRingLimits>;
  /** Undefined while nobody asks. */
  #index: RequestIndex | undefined;
  /** The number of the answer that came next when somebody asked last. */
  #asked = 0;
  /**
   * Columns, round and round in the order of the answers: no object for each request, which a flood of them would have to copy
   * and to collect. An id is undefined where its request was forgotten.
   */
  readonly #ids: (string | undefined)[] = [];
  readonly #clients: string[] = [];
  readonly #aliases: (string | undefined)[] = [];
  readonly #flags: number[] = [];
  readonly #by: Answerer[] = [];
  readonly #classes: number[] = [];
  readonly #confidences: number[] = [];
  readonly #answeredAt: number[] = [];
  readonly #several = new Map<number, Several>();
  readonly #answerers = new Map<string, Answerer>();
  /** Mostly the next one is the same. */
  #latest: Answerer | undefined;
  /** Of all answers that were ever remembered, the number of the oldest in the columns, and of the next. */
  #oldest = 0;
  #next = 0;
  #rows = 0;

  constructor({ requests, rows = 16 * requests }: FeedbackRingLimits) {
    this.#limits = { requests, rows };
    if (requests > mostUnindexed) this.#index = new RequestIndex();
  }

  /** Requests that are remembered. */
  get size(): number {
    return this.#indexed().size;
  }

  /** Rows that are remembered. */
  get rows(): number {
    this.#indexed();
    return this.#rows;
  }

  /**
   * Takes up what a version answered. A request of more rows than the ring has is not remembered.
   * @param client who asked, where only they may find it
   */
  remember(requestId: string, prediction: Prediction, client = ''): void {
    if (this.#limits.requests < 1) return;
    const { length } = prediction.classes;
    if (length > this.#limits.rows) return this.#forgetRequest(requestId, prediction.model, client);
    const place = this.#take(requestId, client);
    this.#put(place, [prediction], length);
    this.#enter(place);
  }

  /**
   * As `remember`, of a request of one row.
   * @param by the same object for each answer of a version: requests share it
   */
  rememberRow(requestId: string, by: Answerer, answered: number, confidence: number, client = ''): void {
    if (this.#limits.requests < 1) return;
    if (this.#limits.rows < 1) return this.#forgetRequest(requestId, by.model, client);
    const place = this.#take(requestId, client);
    this.#putRow(place, by, answered, confidence);
    this.#rows++;
    this.#enter(place);
  }

  /** The request is known by this id as well, of at most 256 characters; the newest request that is called so. */
  alias(requestId: string, alias: string, client = ''): void {
    if (alias === requestId || alias.length > longestAlias) return;
    const place = this.#index ? this.#index.placesOf(requestId, client).at(-1) : this.#recent(requestId, client);
    if (place === undefined || this.#has(place, reused)) return;
    const before = this.#aliases[place];
    if (before !== undefined) this.#index?.unname(requestId, client, before);
    this.#aliases[place] = alias;
    this.#index?.name(requestId, client, alias);
  }

  /**
   * What was answered to a request, when, and whether its label has come: of each model that has answered under this id, the
   * newest last. None where it is not known, or no more.
   */
  find(requestId: string, client = ''): readonly Remembered[] {
    return this.#indexed()
      .find(requestId, client)
      .map((place) => {
        const answeredAt = this.#answeredAt[place] as number;
        return { predictions: this.#predictionsAt(place), answeredAt, labelled: this.#has(place, labelled) };
      });
  }

  /** The label of what this model answered has come: its rows are freed, and the id is kept so that a second one is refused. */
  settle(requestId: string, model: string, client = ''): void {
    const place = this.#ofModel(this.#indexed().find(requestId, client), model);
    if (place === undefined || this.#has(place, labelled)) return;
    const predictions = this.#predictionsAt(place).map(({ model, version, identity }) => ({
      ...nothing,
      model,
      version,
      identity,
    }));
    this.#rows -= this.#rowsAt(place);
    this.#flags[place] = (this.#flags[place] as number) | labelled;
    this.#put(place, predictions, 0);
  }

  /** A place for the next request, which has no rows yet. */
  #take(requestId: string, client: string): number {
    const { requests } = this.#limits;
    if (this.#next - this.#oldest === requests) this.#forgetOldest();
    const place = this.#next++ % requests;
    this.#ids[place] = requestId;
    this.#clients[place] = client;
    this.#aliases[place] = undefined;
    this.#flags[place] = 0;
    this.#answeredAt[place] = origin + performance.now();
    return place;
  }

  /** A request that has its rows is found from now on, and the oldest make room for it. */
  #enter(place: number): void {
    if (this.#index) {
      const isUnasked = this.#next - this.#asked > this.#limits.requests;
      if (isUnasked && this.#limits.requests <= mostUnindexed) this.#index = undefined;
      else this.#add(this.#index, place);
    }
    while (this.#rows > this.#limits.rows) this.#forgetOldest();
  }

  /** The index, which is made where there is none. */
  #indexed(): RequestIndex {
    this.#asked = this.#next;
    if (this.#index) return this.#index;
    const index = (this.#index = new RequestIndex());
    const { requests } = this.#limits;
    for (let number = this.#oldest; number < this.#next; number++) this.#add(index, number % requests);
    return index;
  }

  #add(index: RequestIndex, place: number): void {
    const id = this.#ids[place];
    if (id === undefined) return;
    const client = this.#clients[place] as string;
    const { model } = this.#by[place] as Answerer;
    const found = this.#ofModel(index.placesOf(id, client), model);
    if (found !== undefined && !this.#replace(found, place)) return;
    index.add(id, client, place);
    const alias = this.#aliases[place];
    if (alias === undefined) return;
    if (this.#has(place, reused)) this.#aliases[place] = undefined;
    else index.name(id, client, alias);
  }

  /** Which of these places has what this model answered. */
  #ofModel(places: readonly number[], model: string): number | undefined {
    return places.find((place) => this.#by[place]?.model === model);
  }

  /** An answer takes the place of one of its model with the same id. @returns whether it is remembered itself */
  #replace(found: number, place: number): boolean {
    const before = this.#predictionsAt(found);
    const given = this.#predictionsAt(place);
    // Another version answered the same request, to be compared: both are told the label. The same one: the id was used again.
    const isAnother = given.every(({ version }) => before.every((other) => other.version !== version));
    const wasLabelled = this.#has(found, labelled);
    this.#forget(found);
    if (!isAnother) this.#flags[place] = (this.#flags[place] as number) | reused;
    if (!isAnother || wasLabelled) return true;
    const all = [...before.slice(0, mostPredictions - given.length), ...given];
    const rows = all.reduce((total, { classes }) => total + classes.length, 0);
    if (rows > this.#limits.rows) {
      this.#forget(place);
      return false;
    }
    this.#rows -= this.#rowsAt(place);
    this.#put(place, all, rows);
    return true;
  }

  /** Where the latest answer to this request is, while nothing is indexed: what names an answer comes right behind it. */
  #recent(requestId: string, client: string): number | undefined {
    const { requests } = this.#limits;
    const first = Math.max(this.#oldest, this.#next - mostRecent);
    for (let number = this.#next - 1; number >= first; number--) {
      const place = number % requests;
      if (this.#ids[place] === requestId && this.#clients[place] === client) return place;
    }
    return this.#next === this.#oldest ? undefined : this.#indexed().placesOf(requestId, client).at(-1);
  }

  #put(place: number, predictions: readonly Prediction[], rows: number): void {
    const [first] = predictions as readonly [Prediction];
    this.#rows += rows;
    if (predictions.length > 1 || rows > 1) {
      this.#by[place] = this.#shared(first);
      this.#several.set(place, { answers: predictions.map((each) => packed(this.#shared(each), each)), rows });
      return;
    }
    this.#putRow(place, this.#shared(first), first.classes[0] ?? 0, first.confidences[0] ?? 0);
    if (rows === 0) this.#flags[place] = (this.#flags[place] as number) | empty;
  }

  #putRow(place: number, by: Answerer, answered: number, confidence: number): void {
    this.#by[place] = by;
    this.#classes[place] = answered;
    this.#confidences[place] = confidence;
    if (this.#several.size > 0) this.#several.delete(place);
  }

  #predictionsAt(place: number): readonly Prediction[] {
    const several = this.#several.get(place);
    if (several) return several.answers.map(unpacked);
    const { model, version, identity, labels } = this.#by[place] as Answerer;
    const by = { model, version, identity, labels };
    if (this.#has(place, empty)) return [{ ...nothing, ...by }];
    const classes = Int32Array.of(this.#classes[place] as number);
    return [{ ...by, classes, confidences: Float32Array.of(this.#confidences[place] as number) }];
  }

  #rowsAt(place: number): number {
    const several = this.#several.size > 0 ? this.#several.get(place) : undefined;
    return several?.rows ?? (this.#has(place, empty) ? 0 : 1);
  }

  #has(place: number, flag: number): boolean {
    return ((this.#flags[place] as number) & flag) !== 0;
  }

  #shared({ model, version, identity, labels }: Answerer): Answerer {
    const latest = this.#latest;
    if (
      latest?.model === model &&
      latest.version === version &&
      latest.identity === identity &&
      latest.labels === labels
    ) {
      return latest;
    }
    const key = `${model}\n${version}\n${identity}\n${labels === undefined}`;
    const known = this.#answerers.get(key);
    if (known && known.labels === labels) return (this.#latest = known);
    if (this.#answerers.size >= mostShared) this.#answerers.clear();
    const made = { model, version, identity, labels };
    this.#answerers.set(key, made);
    return (this.#latest = made);
  }

  /** The newest answer of a model to a request is not remembered, so its one before is none. */
  #forgetRequest(requestId: string, model: string, client: string): void {
    const place = this.#ofModel(this.#indexed().placesOf(requestId, client), model);
    if (place !== undefined) this.#forget(place);
  }

  #forgetOldest(): void {
    const place = this.#oldest++ % this.#limits.requests;
    if (this.#ids[place] !== undefined) this.#forget(place);
  }

  #forget(place: number): void {
    this.#rows -= this.#rowsAt(place);
    const [id, client, alias] = [this.#ids[place] as string, this.#clients[place] as string, this.#aliases[place]];
    this.#index?.delete(id, client, place, alias);
    // What another model answered to the request is called so still.
    const others = alias === undefined ? [] : (this.#index?.placesOf(id, client) ?? []);
    if (alias !== undefined && others.some((other) => this.#aliases[other] === alias))
      this.#index?.name(id, client, alias);
    if (this.#several.size > 0) this.#several.delete(place);
    this.#ids[place] = undefined;
    this.#aliases[place] = undefined;
  }
}

/** Where the clock of this process began on that of the machine, which nobody sets. */
const origin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Flags of a request: its label has come; its id was used before, so that other names may be about the one before; no rows. */
const labelled = 1;
const reused = 2;
const empty = 4;

const nothing = { labels: undefined, classes: new Int32Array(0), confidences: new Float32Array(0) };

function packed(by: Answerer, { classes, confidences }: Prediction): Packed {
  const values: number[] = [];
  for (let row = 0; row < classes.length; row++) values.push(classes[row] as number, confidences[row] as number);
  return { by, values };
}

function unpacked({ by, values }: Packed): Prediction {
  const part = (at: number): number[] => values.filter((_, i) => i % 2 === at);
  return { ...by, classes: Int32Array.from(part(0)), confidences: Float32Array.from(part(1)) };
}
