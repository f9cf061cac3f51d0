/** What the requests of one client are called. Another client's may be called the same. */
interface Names {
  readonly client: string;
  /** The place of each request; of one that several models have answered, the place of each answer. */
  readonly places: Map<string, number | number[]>;
  /** From a client's own id to that of the request. */
  readonly aliases: Map<string, string>;
}

/** Where answers to requests are, by their ids and by what their clients call them. Each client has ids of its own, and finds no others'. */
export class RequestIndex {
  readonly #clients = new Map<string, Names>();
  /** Mostly the next one is the same. */
  #asker: Names | undefined;
  #size = 0;

  /** Answers that are in it. */
  get size(): number {
    return this.#size;
  }

  /** The places of the request with this id, and no other name; that of the newest answer comes last. */
  placesOf(id: string, client: string): readonly number[] {
    return listOf(this.#namesOf(client)?.places.get(id));
  }

  /** As `placesOf`, of the request that the client knows by this id, its own or that of the request. */
  find(id: string, client: string): readonly number[] {
    const names = this.#namesOf(client);
    return listOf(names?.places.get(id) ?? names?.places.get(names.aliases.get(id) ?? id));
  }

  add(id: string, client: string, place: number): void {
    const { places } = this.#madeFor(client);
    const others = places.get(id);
    places.set(id, others === undefined ? place : [...listOf(others), place]);
    this.#size++;
  }

  /** A client is forgotten with its last request. */
  delete(id: string, client: string, place: number, alias: string | undefined): void {
    const names = this.#namesOf(client);
    const places = listOf(names?.places.get(id));
    if (!names || !places.includes(place)) return;
    const [first, ...more] = places.filter((other) => other !== place);
    if (first === undefined) names.places.delete(id);
    else names.places.set(id, more.length === 0 ? first : [first, ...more]);
    this.#size--;
    if (alias !== undefined) this.unname(id, client, alias);
    if (names.places.size > 0) return;
    this.#clients.delete(client);
    if (names === this.#asker) this.#asker = undefined;
  }

  /** The request is called so as well, and no other of its client any more. */
  name(id: string, client: string, alias: string): void {
    this.#namesOf(client)?.aliases.set(alias, id);
  }

  unname(id: string, client: string, alias: string): void {
    const aliases = this.#namesOf(client)?.aliases;
    if (aliases?.get(alias) === id) aliases.delete(alias);
  }

  #namesOf(client: string): Names | undefined {
    return this.#asker?.client === client ? this.#asker : this.#clients.get(client);
  }

  #madeFor(client: string): Names {
    const found = this.#namesOf(client);
    if (found) return (this.#asker = found);
    const names = { client, places: new Map<string, number | number[]>(), aliases: new Map<string, string>() };
    this.#clients.set(client, names);
    return (this.#asker = names);
  }
}

const none: readonly number[] = [];

function listOf(places: number | readonly number[] | undefined): readonly number[] {
  if (places === undefined) return none;
  return typeof places === 'number' ? [places] : places;
}
