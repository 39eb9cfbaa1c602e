// Runs on the machine under test (native or emulated) and prints one JSON line: what this build
// answers for the repo's crops and portraits.
// usage: node probe.mjs PRECISION CROPS.json PHOTO_A PHOTO_B PHOTO_C
// It stands inside a folder from which `seesawface` resolves to the build under test.
import { readFileSync } from 'node:fs'
import { FaceEmbedder, FaceRecognizer } from 'seesawface'

const [precision, cropsFile, ...photos] = process.argv.slice(2)
const crops = JSON.parse(readFileSync(cropsFile, 'utf8'))

const embedder = await FaceEmbedder.open({ precision, threads: 1 })
const embeddings = {}
for (const { name, rgb } of crops) {
  const crop = new Uint8Array(Buffer.from(rgb, 'base64'))
  embeddings[name] = Array.from((await embedder.embed(crop, { format: 'rgb' })).vector)
}
await embedder.close()

const recognizer = await FaceRecognizer.open({ precision, threads: 1 })
const [a, b, c] = photos
const verdicts = [await recognizer.verify(a, b), await recognizer.verify(a, c)]
await recognizer.close()

console.log(JSON.stringify({ arch: process.arch, embeddings, verdicts }))
