import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes SHA256SUMS beside the files it is of, as `sha256sum --check` reads it. */
export async function writeChecksums(folder: string, files: readonly string[]): Promise<void> {
  const sums = await Promise.all(
    files.map(async (name) => {
      const content = await readFile(join(folder, name))
      return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`
    })
  )
  await writeFile(join(folder, 'SHA256SUMS'), sums.join(''))
}
