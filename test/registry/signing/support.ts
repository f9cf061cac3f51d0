/** Folders to sign, and bundles that are changed and signed again. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { signPayload } from '#dist/registry/signing/dsse.js';
import { ecKey } from '../../support/certificates.js';

type Json = Record<string, unknown>;

/** A bundle as JSON. */
export interface BundleJson extends Json {
  mediaType: unknown;
  verificationMaterial: Json;
  dsseEnvelope: { payload: string; payloadType: unknown; signatures: Json[] };
}

export interface StatementJson extends Json {
  subject: { name: unknown; digest: Json; annotations?: Json }[];
  predicate: { resources: Json[]; serialization: Json };
}

export const files = { 'model.pt': 'a model', 'sub/weights.bin': 'x'.repeat(2500), 'sub-a': 'sorted after sub/' };

export async function folder(content: Readonly<Record<string, string>> = files): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'signing-'));
  for (const [name, text] of Object.entries(content)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

/** A pair as PEM. */
export function pair(curve = 'P-256'): { key: string; pub: string } {
  const key = ecKey(curve);
  return {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    pub: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export const parsed = (bundle: string): BundleJson => JSON.parse(bundle) as BundleJson;

export const statementOf = (bundle: BundleJson): StatementJson =>
  JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()) as StatementJson;

/** The bundle with another payload, signed again: what the signer says is wrong, not the signature. */
export function signedAgain(bundle: string, key: string, change: (statement: StatementJson) => unknown): string {
  const json = parsed(bundle);
  const statement = statementOf(json);
  const changed = change(statement) ?? statement;
  const payload = Buffer.from(typeof changed === 'string' ? changed : JSON.stringify(changed));
  json.dsseEnvelope.payload = payload.toString('base64');
  json.dsseEnvelope.signatures = [{ sig: signPayload(payload, createPrivateKey(key)).toString('base64') }];
  return JSON.stringify(json);
}

/** The bundle with something else around the payload. */
export function changed(bundle: string, change: (json: BundleJson) => unknown): string {
  const json = parsed(bundle);
  return JSON.stringify(change(json) ?? json);
}
