// Plain Node, no test runner: processes made by child_process.fork and by cluster, each with an
// engine of its own beside that of the first. Prints one JSON line for each kind, or fails.
import { deepStrictEqual } from 'node:assert/strict'
import { fork } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { FaceEmbedder } from 'seesawface'

const crop = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => (i * 7) % 256)
const embedder = await FaceEmbedder.open({ threads: 1 })
const { vector } = await embedder.embed(crop)

if (process.send) {
  process.send([...vector])
  await embedder.close()
  process.disconnect()
} else {
  const kinds = {
    fork: () => fork(fileURLToPath(import.meta.url)),
    cluster: () => cluster.fork()
  }
  for (const [kind, start] of Object.entries(kinds)) {
    const children = [start(), start()]
    const codes = await Promise.all(
      children.map(async (child) => {
        const exit = once(child, 'exit')
        const [other] = await once(child, 'message')
        deepStrictEqual(other, [...vector])
        return (await exit)[0]
      })
    )
    deepStrictEqual((await embedder.embed(crop)).vector, vector)
    console.log(JSON.stringify({ kind, codes }))
  }
  await embedder.close()
}
