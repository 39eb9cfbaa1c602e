// Plain Node: opens an embedder as JSON in the first argument says and prints what came of it. With
// more arguments, what is done then: see `deeds`.
import { once } from 'node:events'
import { parentPort, Worker } from 'node:worker_threads'
import { FaceEmbedder } from 'seesawface'

const options = JSON.parse(process.argv[2])
const deed = process.argv[3]
const crop = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => 127 + 100 * Math.sin(i * 0.013))
const open = () => FaceEmbedder.open(options)
const rss = () => Math.round(process.memoryUsage.rss() / 1e6)

/** Ways to end, and to go on for long. What they return is printed. */
const deeds = {
  async close() {
    await (await open()).close()
  },
  async 'leave open'() {
    await (await open()).embed(crop)
  },
  async 'exit when open'() {
    await open()
    process.exit(0)
  },
  async 'exit while opening'() {
    open()
    setTimeout(() => process.exit(0), 200)
    await new Promise(() => undefined)
  },
  async 'exit at work'() {
    const embedder = await open()
    for (let i = 0; i < 10; i++) embedder.embed(crop).catch(() => undefined)
    setTimeout(() => process.exit(0), 100)
    await new Promise(() => undefined)
  },
  async 'exit while closing'() {
    const embedder = await open()
    embedder.embed(crop)
    embedder.close()
    process.exit(0)
  },
  async 'exit with several open'() {
    const embedders = await Promise.all([open(), open(), open()])
    for (const embedder of embedders) embedder.embed(crop).catch(() => undefined)
    await embedders[1].close()
    process.exit(0)
  },
  async 'exit with a worker at work'() {
    const [, script, ...argv] = process.argv
    argv[1] = 'be at work'
    const workers = [1, 2].map(() => new Worker(script, { argv }))
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    const embedder = await open()
    embedder.embed(crop).catch(() => undefined)
    await workers[0].terminate()
    process.exit(0)
  },
  /** In a worker. */
  async 'be at work'() {
    const embedder = await open()
    setInterval(() => embedder.embed(crop).catch(() => undefined), 1)
    parentPort.postMessage('at work')
  },
  async 'throw when open'() {
    const embedder = await open()
    embedder.embed(crop)
    process.on('uncaughtException', () => process.exit(0))
    setImmediate(() => {
      throw new Error('on purpose')
    })
    await new Promise(() => undefined)
  },
  async 'open and close'() {
    const [times, sizes] = [Number(process.argv[4]), []]
    for (let i = 0; i < times; i++) {
      const embedder = await open()
      await embedder.embed(crop)
      await embedder.close()
      sizes.push(rss())
    }
    return { sizes }
  },
  async 'embed until it fails'() {
    const embedder = await open()
    for (let done = 0; done < 100; done++) {
      try {
        await embedder.embed(crop)
      } catch ({ code, message }) {
        await embedder.close()
        const cpu = await FaceEmbedder.open()
        const { length } = (await cpu.embed(crop)).vector
        return { done, code, message, length }
      }
    }
  },
  async 'embed often'() {
    const embedder = await open()
    const sizes = []
    for (let i = 0; i < Number(process.argv[4]); i++) {
      await embedder.embed(crop)
      if (i % 10 === 9) sizes.push(rss())
    }
    await embedder.close()
    return { sizes }
  }
}

if (deed === undefined) {
  try {
    const embedder = await open()
    const { device, deviceReason, implementation } = embedder
    const { vector } = await embedder.embed(crop)
    await embedder.close()
    console.log(JSON.stringify({ device, deviceReason, implementation, vector: [...vector] }))
  } catch ({ code, message }) {
    console.log(JSON.stringify({ code, message }))
  }
} else {
  console.log(JSON.stringify((await deeds[deed]()) ?? {}))
}
