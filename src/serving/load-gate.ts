/** What a version has to pass before its load begins: the quarantine, and the policy of signatures. */
import type { ModelRegistry } from '../registry/index.js';
import { digestsOf, readsSidecars } from '../registry/signature-of.js';
import type { HostPolicy, HostWarning } from './host-options.js';
import type { Digests, Found } from './load-served.js';
import { Quarantine } from './quarantine.js';

export interface LoadGateParts {
  readonly policy: HostPolicy | undefined;
  readonly quarantineAfter: number | false | undefined;
  readonly registry: () => Promise<ModelRegistry>;
  /** Whether the registry is the caller's: what came with this package is never written. */
  readonly mayWrite: boolean;
  readonly warn: (event: HostWarning) => void;
}

export class LoadGate {
  readonly quarantine: Quarantine;
  readonly #parts: LoadGateParts;

  constructor(parts: LoadGateParts) {
    this.#parts = parts;
    const { mayWrite, quarantineAfter, registry } = parts;
    this.quarantine = new Quarantine(quarantineAfter, async () => (mayWrite ? await registry() : undefined));
  }

  /**
   * The digests that what is loaded must have, so that the very bytes are loaded that were looked at.
   * @param attempt what several processes make together
   * @throws ERR_QUARANTINED, ERR_SIGNATURE_REQUIRED, ERR_SIGNATURE_INVALID
   */
  async pass(found: Found, attempt?: string): Promise<Digests> {
    await this.quarantine.require(found, attempt);
    const { policy, registry, warn } = this.#parts;
    const { name, version, record, path } = found;
    const stated = record ? digestsOf(record) : {};
    if (!policy) return stated;
    const { sha256, engine } = found.source.options.load ?? {};
    const decision = await policy.check(
      record
        ? { name, version, record, registry: await registry() }
        : { file: path, ...(sha256 !== undefined && { sha256 }), ...(engine && { engine }) },
    );
    for (const message of decision.warnings) warn({ model: name, version, message });
    return {
      ...stated,
      ...(decision.sha256 !== undefined && { sha256: decision.sha256 }),
      ...(decision.externalSha256 &&
        (!record || readsSidecars(record.engine)) && { externalSha256: decision.externalSha256 }),
    };
  }
}
