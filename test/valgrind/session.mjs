// What a user does with the library, once and on small pictures: under a memory checker all is slow.
import assert from 'node:assert/strict'
import { FaceDetector, FaceEmbedder, FaceRecognizer, similarity } from '../../dist/index.mjs'

const photo = (name) => new URL(`../fixtures/photos/${name}.jpg`, import.meta.url).pathname
const small = { maxSide: 320, rotations: false }

// Two threads, so that the team of the fused kernels and NCNN's threads are seen, too.
const faces = await FaceRecognizer.open({ threads: 2 })
const { same, similarity: score } = await faces.verify(photo('obama'), photo('obama2'), small)
assert.ok(same, `one person scores ${score}`)
await assert.rejects(faces.embed(Buffer.from('no photo')), { code: 'IMAGE_DECODE' })

const detector = await FaceDetector.open({ threads: 1 })
const [face] = await detector.detect(photo('obama'), { ...small, quality: true })
const crop = await detector.align(photo('obama'), face.landmarks)
const frame = { data: new Uint8Array(64 * 48 * 1.5), width: 64, height: 48, format: 'nv12' }
assert.deepEqual(await detector.detect(frame, { maxSide: 64, searchPixels: 0 }), [])
await detector.close()

// The same crop by both implementations.
const embeddings = []
for (const implementation of ['fused', 'ncnn']) {
  const embedder = await FaceEmbedder.open({ implementation, threads: 1 })
  embeddings.push(await embedder.embed(crop))
  const pending = embedder.embed(crop).catch((error) => assert.equal(error.code, 'CLOSED'))
  await embedder.close() // while it works
  await pending
}
assert.ok(similarity(...embeddings) > 0.9999)
await faces.close()
console.log(`verified at ${score.toFixed(4)}, closed`)
