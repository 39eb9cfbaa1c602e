import { rename, rm, writeFile } from 'node:fs/promises'

/** Writes a file that is either whole or not there, also when the program is stopped half-way. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const staged = `${path}.${process.pid}.part`
  try {
    await writeFile(staged, content)
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true })
    throw error
  }
}
