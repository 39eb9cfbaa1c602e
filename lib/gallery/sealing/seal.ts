import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

// ChaCha20-Poly1305 (RFC 8439): the Raspberry Pi 4 and older boards have no AES instructions.
const algorithm = 'chacha20-poly1305'
const nonceBytes = 12
const tagBytes = 16
export const keyBytes = 32
/** By how much sealed content is longer. */
export const overhead = nonceBytes + tagBytes

/** What a sealed value belongs to: it opens nowhere else. As JSON, no two places look the same. */
export function place(...parts: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify(parts))
}

/** Nonce, ciphertext, tag. Nonces are random: a key seals far fewer than 2³² values. */
export function seal(key: Uint8Array, content: Uint8Array, where: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(where, { plaintextLength: content.byteLength })
  return Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()])
}

/** The content, or undefined when key or place are others or a bit was changed. */
export function unseal(key: Uint8Array, sealed: Uint8Array, where: Uint8Array): Buffer | undefined {
  const length = sealed.byteLength - overhead
  if (length < 0) return undefined
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes
  })
  decipher.setAAD(where, { plaintextLength: length })
  decipher.setAuthTag(sealed.subarray(nonceBytes + length))
  const content = decipher.update(sealed.subarray(nonceBytes, nonceBytes + length))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return content
}

/** JSON, padded so that its length tells little of what it says. */
export function paddedJson(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value))
  return Buffer.concat([text, Buffer.alloc(-text.length & 127, ' ')])
}
