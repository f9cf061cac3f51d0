import { onAbort } from '../../async/ticket.js';
import { torchError, type TorchError } from '../../errors.js';
import type { Logger } from '../../monitoring/logging.js';
import type { AliasBook, Aliases, Catalog } from './catalog.js';
import type { Fleet } from './fleet.js';

/** An alias that is to mean another version, or none. */
export interface AliasMove {
  readonly name: string;
  readonly alias: string;
  /** Undefined: the alias is no more. */
  readonly reference: string | undefined;
  /** The operator asked for what it means. */
  readonly isGiven: boolean;
  /** Called once all is warm, before the registry is written; what it throws leaves everything as it was. */
  readonly beforeWrite?: (() => void) | undefined;
}

interface Parts<Spec> {
  readonly fleet: Fleet<Spec>;
  readonly catalog: Catalog<Spec>;
  readonly logger: Logger;
}

/** @throws ERR_INVALID_ARGUMENT where nothing keeps aliases */
export function bookOf({ aliases }: Catalog<unknown>): AliasBook {
  if (aliases) return aliases;
  throw torchError('ERR_INVALID_ARGUMENT', 'Expected a host with a registry, which keeps aliases, but it has none');
}

/** The error for an alias that a model does not have. */
export function noSuchAlias(name: string, known: Iterable<readonly [string, string]>, alias: string): TorchError {
  const names = [...known].map(([each]) => each);
  const wanted =
    names.length > 0 ? `one of the aliases ${names.join(', ')} of ${name}` : `an alias of ${name}, which has none,`;
  return torchError('ERR_VERSION_NOT_FOUND', `Expected ${wanted} but received ${alias}`);
}

/**
 * Moves an alias: the version is loaded and warm everywhere, then the registry is written, then all swap. What fails before that
 * leaves everything as it was.
 * @returns the version that it means now
 */
export async function moveAlias<Spec>(
  { name, alias, reference, isGiven, beforeWrite }: AliasMove,
  { fleet, catalog, logger }: Parts<Spec>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const book = bookOf(catalog);
  const recorded = await book.of(name);
  if (reference === undefined && !recorded.has(alias)) throw noSuchAlias(name, recorded, alias);
  const version = reference === undefined ? undefined : await book.versionOf(name, reference);
  const up = (await fleet.list()).filter((each) => each.name === name && each.state === 'READY');
  const aliases = moved(await fleet.aliases(name), alias, version);
  const isUp = version === undefined || up.some((each) => each.version === version);
  const written = new Written(book, { name, alias, version });
  signal.throwIfAborted();
  const given = new AbortController();
  const unfollow = onAbort(signal, () => given.abort(signal.reason));
  // What is in the registry is decided: the swap is not given up any more.
  const write = async (): Promise<void> => {
    beforeWrite?.();
    unfollow();
    return written.write(signal);
  };
  try {
    if (!isUp && (isGiven || up.length > 0)) {
      for (const { spec } of await catalog.find(name, alias, aliases)) await fleet.load(spec, given.signal, write);
    } else if (up.length > 0) {
      await fleet.setAliases(name, aliases, given.signal, write);
    } else {
      await write();
    }
  } catch (error) {
    await written.undo(logger);
    throw error;
  } finally {
    unfollow();
  }
  logger.info({ model: name, alias, version, before: recorded.get(alias) }, 'an alias was moved');
  return version;
}

function moved(aliases: Aliases, alias: string, version: string | undefined): Aliases {
  const next = new Map(aliases);
  if (version === undefined) next.delete(alias);
  else next.set(alias, version);
  return next;
}

/** An entry of the registry that can be put back. */
class Written {
  #isWritten = false;
  /** What it said when it was written over: a load takes its time, and there are other writers. */
  #before: string | undefined;

  constructor(
    readonly book: AliasBook,
    readonly entry: {
      readonly name: string;
      readonly alias: string;
      readonly version: string | undefined;
    },
  ) {}

  async write(signal: AbortSignal): Promise<void> {
    const { name, alias, version } = this.entry;
    this.#before = (await this.book.of(name)).get(alias);
    // A registry that is read-only, or held by another writer, has it already.
    if (this.#before === version) return;
    await this.book.set(name, alias, version, signal);
    this.#isWritten = true;
  }

  /** The swap did not come to be, because the server ends, say. What somebody else has written since stays. It never rejects. */
  async undo(logger: Logger): Promise<void> {
    if (!this.#isWritten) return;
    const { name, alias, version } = this.entry;
    const before = this.#before;
    try {
      if ((await this.book.of(name)).get(alias) !== version) return;
      await this.book.set(name, alias, before);
    } catch (err) {
      logger.error({ model: name, alias, before, err }, 'an alias could not be put back: move it by registry alias');
    }
  }
}
