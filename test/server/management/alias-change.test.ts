import { expect } from 'chai';
import { torchError } from '#dist/errors.js';
import { moveAlias } from '#dist/server/management/alias-change.js';
import type { AliasBook, Aliases, Catalog } from '#dist/server/management/catalog.js';
import type { Fleet } from '#dist/server/management/fleet.js';
import { keptLogger } from '../../support/server/logs.js';
import { rejection } from '../../support/rejection.js';

const move = { name: 'm', alias: 'champion', reference: 'v1.1', isGiven: false } as const;

/** A registry and a fleet that note what is asked of them. */
function make(up: readonly string[]) {
  const asked: string[] = [];
  const recorded = new Map([['champion', 'v1.0']]);
  const faults: { write?: Error; swap?: Error } = {};
  const others: { onPrepared?: () => void; onWritten?: () => void } = {};
  const book: Pick<AliasBook, 'of' | 'versionOf' | 'set'> = {
    of: () => Promise.resolve(new Map(recorded)),
    versionOf: (_name, reference) => Promise.resolve(reference),
    set(_name, alias, version) {
      asked.push(`write ${version}`);
      if (faults.write) return Promise.reject(faults.write);
      if (version === undefined) recorded.delete(alias);
      else recorded.set(alias, version);
      return Promise.resolve();
    },
  };
  const swap = async (what: string, signal: AbortSignal, beforeSwap: (() => Promise<void>) | undefined) => {
    asked.push(what);
    others.onPrepared?.();
    await beforeSwap?.();
    others.onWritten?.();
    signal.throwIfAborted();
    if (faults.swap) throw faults.swap;
    asked.push('swap');
  };
  const fleet = {
    list: () => Promise.resolve(up.map((version) => ({ name: 'm', version, state: 'READY', reason: '' }))),
    aliases: () => Promise.resolve(new Map([['champion', 'v1.0']])),
    load: (spec: string, signal: AbortSignal, beforeSwap?: () => Promise<void>) =>
      swap(`load ${spec}`, signal, beforeSwap),
    setAliases: (_name: string, aliases: Aliases, signal: AbortSignal, beforeSwap?: () => Promise<void>) =>
      swap(`aliases ${[...aliases].join()}`, signal, beforeSwap),
  } as unknown as Fleet<string>;
  const catalog = {
    aliases: book,
    find: (_name: string, reference: string, aliases: Aliases) =>
      Promise.resolve([{ spec: `${reference} ${[...aliases].join()}` }]),
  } as unknown as Catalog<string>;
  const parts = { fleet, catalog, logger: keptLogger().logger };
  return Object.assign(others, { asked, faults, recorded, parts });
}

describe('a move of an alias', () => {
  const { signal } = new AbortController();

  it('loads, writes the registry and swaps, in that order', async () => {
    const { asked, recorded, parts } = make(['v1.0']);
    expect(await moveAlias(move, parts, signal)).to.equal('v1.1');
    expect(asked).to.deep.equal(['load champion champion,v1.1', 'write v1.1', 'swap']);
    expect([...recorded]).to.deep.equal([['champion', 'v1.1']]);
  });

  it('loads nothing that is up, and nothing of a model that is not served', async () => {
    const there = make(['v1.0', 'v1.1']);
    await moveAlias(move, there.parts, signal);
    expect(there.asked).to.deep.equal(['aliases champion,v1.1', 'write v1.1', 'swap']);
    const down = make([]);
    await moveAlias(move, down.parts, signal);
    expect(down.asked).to.deep.equal(['write v1.1']);
    const given = make([]);
    await moveAlias({ ...move, isGiven: true }, given.parts, signal);
    expect(given.asked).to.deep.equal(['load champion champion,v1.1', 'write v1.1', 'swap']);
  });

  it('swaps nothing that could not be written', async () => {
    const { asked, faults, parts } = make(['v1.0']);
    faults.write = torchError('ERR_STORAGE_FULL', 'no room');
    expect(await rejection(moveAlias(move, parts, signal))).to.include({ code: 'ERR_STORAGE_FULL' });
    expect(asked).to.deep.equal(['load champion champion,v1.1', 'write v1.1']);
  });

  it('puts the registry back where the swap does not come to be', async () => {
    const { asked, faults, recorded, parts } = make(['v1.0']);
    faults.swap = torchError('ERR_NOT_READY', 'all workers have ended');
    expect(await rejection(moveAlias(move, parts, signal))).to.include({ code: 'ERR_NOT_READY' });
    expect(asked).to.deep.equal(['load champion champion,v1.1', 'write v1.1', 'write v1.0']);
    expect([...recorded]).to.deep.equal([['champion', 'v1.0']]);
  });

  it('puts back what another writer had said meanwhile, and takes nothing from one that writes afterwards', async () => {
    const swapFails = torchError('ERR_NOT_READY', 'all workers have ended');
    for (const reference of ['v1.1', undefined]) {
      const during = make(['v1.0']);
      during.faults.swap = swapFails;
      during.onPrepared = () => during.recorded.set('champion', 'v1.2');
      await rejection(moveAlias({ ...move, reference }, during.parts, signal));
      expect([...during.recorded], `before ${reference} is written`).to.deep.equal([['champion', 'v1.2']]);
      const after = make(['v1.0']);
      after.faults.swap = swapFails;
      after.onWritten = () => after.recorded.set('champion', 'v1.3');
      await rejection(moveAlias({ ...move, reference }, after.parts, signal));
      expect([...after.recorded], `after ${reference} is written`).to.deep.equal([['champion', 'v1.3']]);
    }
  });

  it('is not given up once the registry is being written', async () => {
    const { asked, parts } = make(['v1.0']);
    const late = new AbortController();
    const aliases = parts.catalog.aliases as AliasBook;
    const set = aliases.set.bind(aliases);
    aliases.set = async (...given) => {
      late.abort(new Error('late'));
      await set(...given);
    };
    expect(await moveAlias(move, parts, late.signal)).to.equal('v1.1');
    expect(asked.at(-1)).to.equal('swap');
  });

  it('to nothing takes it away, and is refused where there is none', async () => {
    const { asked, recorded, parts } = make(['v1.0']);
    expect(await moveAlias({ ...move, reference: undefined }, parts, signal)).to.equal(undefined);
    expect([asked, [...recorded]]).to.deep.equal([['aliases ', 'write undefined', 'swap'], []]);
    const again = await rejection(moveAlias({ ...move, reference: undefined }, parts, signal));
    expect(again).to.include({ code: 'ERR_VERSION_NOT_FOUND' });
  });
});
