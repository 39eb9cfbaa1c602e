// One subject of the endurance run, in plain Node and with the package as it is published (dist/):
//
//   node --expose-gc work.mjs SUBJECT COUNT EVERY
//
// prints a line of JSON after every EVERY calls. A sample is taken after a full collection, so that
// it shows what is held and not how long the collector has been waiting: the second collection takes
// what the finalizers of the first have let go.
import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Transformer } from '@napi-rs/image'
import { FaceEmbedder, FaceRecognizer } from 'seesawface'

const crop = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => (i * 7) % 256)

/** A portrait of the fixtures as a small JPEG: all stages are run, none of them for long. */
function portrait(name) {
  const path = fileURLToPath(new URL(`../../test/fixtures/photos/${name}`, import.meta.url))
  return new Transformer(readFileSync(path)).resize(160).jpeg(90)
}

/** What is done once, and what after the last time. */
const subjects = {
  /** Opens, uses and closes a recogniser: two models, one thread, and what a first call allocates. */
  async cycles() {
    const photo = await portrait('obama.jpg')
    return {
      async once() {
        const faces = await FaceRecognizer.open({ threads: 1 })
        await faces.embed(photo)
        await faces.close()
      },
      close: () => undefined
    }
  },
  /** Decodes, detects, aligns, embeds and compares two photos. */
  async verifies() {
    const [a, b, c] = await Promise.all(['obama.jpg', 'obama2.jpg', 'biden.jpg'].map(portrait))
    const faces = await FaceRecognizer.open({ threads: 1 })
    return {
      async once(i) {
        const { same } = await faces.verify(a, i % 2 ? b : c)
        if (same !== (i % 2 === 1)) throw new Error(`call ${i} decided ${same}`)
      },
      close: () => faces.close()
    }
  },
  /** Embeds an aligned crop. */
  async embeddings() {
    const embedder = await FaceEmbedder.open({ threads: 1 })
    return { once: () => embedder.embed(crop), close: () => embedder.close() }
  }
}

async function sample(calls) {
  for (let i = 0; i < 2; i++) {
    globalThis.gc()
    await setImmediate()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  const status = readFileSync('/proc/self/status', 'utf8')
  const threads = Number(/^Threads:\s+(\d+)/m.exec(status)?.[1])
  const files = readdirSync('/proc/self/fd').length
  console.log(JSON.stringify({ calls, rss, heapUsed, external, threads, files }))
}

const [subject, count, every] = process.argv.slice(2)
const { once, close } = await subjects[subject]()
for (let i = 1; i <= Number(count); i++) {
  await once(i)
  if (i % Number(every) === 0) await sample(i)
}
await close()
