/** DSSE v1: which bytes are signed, https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md. */
import { createHash, sign as signWith, verify as verifyWith, type KeyObject } from 'node:crypto';
import { payloadType } from './bundle.js';
import { hashOf } from './key.js';

/** What is signed of a payload: its type and its length stand before it. */
function preAuthEncoding(payload: Uint8Array): Buffer {
  const type = Buffer.byteLength(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type} ${payloadType} ${payload.length} `), payload]);
}

/** ECDSA with the hash that belongs to the key's curve; the signature is DER, as RFC 3279 has it. */
export function signPayload(payload: Uint8Array, key: KeyObject): Buffer {
  return signWith(hashOf(key), preAuthEncoding(payload), { key, dsaEncoding: 'der' });
}

/** Whether the key made this signature. One that is no DER, or has something after it, is none. */
export function isSignedBy(key: KeyObject, payload: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifyWith(hashOf(key), preAuthEncoding(payload), { key, dsaEncoding: 'der' }, signature);
  } catch {
    return false;
  }
}

/** How a bundle names a public key: the sha256 of its PEM, as model-signing writes it. */
export function hintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'pem' }))
    .digest('hex');
}

/** Whether a hint is one of those that signers use for this key: hex of the PEM's sha256, or the DER's in hex or base64. */
export function isHintOf(publicKey: KeyObject, hint: string): boolean {
  const der = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return [hintOf(publicKey), der.toString('hex'), der.toString('base64')].includes(hint);
}
