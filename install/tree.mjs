// A digest of a source tree that does not depend on how it was packed.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

async function files(root, path) {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(() => undefined)
  if (!entries) return [path]
  const nested = entries.map((e) =>
    e.isDirectory() ? files(root, `${path}/${e.name}`) : [`${path}/${e.name}`]
  )
  return (await Promise.all(nested)).flat()
}

/** sha256 over the lines "path sha256(content)" of `parts`, sorted by path in code unit order. */
export async function treeDigest(root, parts) {
  const paths = (await Promise.all(parts.map((p) => files(root, p)))).flat().sort()
  const digest = createHash('sha256')
  for (const path of paths) {
    const content = await readFile(join(root, path))
    digest.update(`${path} ${createHash('sha256').update(content).digest('hex')}\n`)
  }
  return digest.digest('hex')
}
