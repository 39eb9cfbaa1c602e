// What the overall quality is fitted on (research/quality/fit.py): for photos of faces, plain and
// made worse in known ways, the aspects of quality beside the similarity of the embedding to that
// of the plain photo in a mirror. A mirrored face is the same person, and for a face that is turned
// away it is seen from the other side: where embeddings hold, the similarity is high.
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { progressBar } from '../../lib/cli/progress.js'
import {
  decodeImage,
  type FaceEmbedding,
  FaceRecognizer,
  NoFaceError,
  similarity
} from '../../lib/index.js'
import { degradations, mirrored, type Picture, randomNumbers } from './degrade.js'

const usage = 'usage: npx tsx research/quality/collect.ts --photos DIR --out FILE.csv [--count N]'
const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    out: { type: 'string' },
    count: { type: 'string', default: '1500' }
  }
})
if (values.photos === undefined || values.out === undefined) throw new Error(usage)
const folder = values.photos

const names = (await readdir(folder)).filter((name) => /\.(jpe?g|png)$/i.test(name)).sort()
const chosen = names.slice(0, Number(values.count))
const lines = ['photo,change,overall,sharpness,exposure,size,yaw,pitch,roll,score,similarity']

await using recognizer = await FaceRecognizer.open()
const embed = async (picture: Picture): Promise<FaceEmbedding | undefined> => {
  try {
    return await recognizer.embed({ ...picture, format: 'rgb' })
  } catch (error) {
    if (error instanceof NoFaceError) return undefined
    throw error
  }
}
const progress = progressBar('collecting', chosen.length)
for (const [i, name] of chosen.entries()) {
  const { data, width, height, format } = await decodeImage(join(folder, name))
  if (format !== 'rgb') continue
  const plain = { data, width, height }
  const reference = await embed(mirrored(plain))
  if (reference === undefined) continue
  const random = randomNumbers(i)
  for (const [change, degrade] of Object.entries(degradations)) {
    const embedding = await embed(degrade(plain, random))
    const quality = embedding?.face?.quality
    if (embedding === undefined || quality === undefined) continue
    const { overall, sharpness, exposure, size, yaw, pitch, roll } = quality
    const numbers = [overall, sharpness, exposure, size, yaw, pitch, roll]
    numbers.push(embedding.face?.score ?? 0, similarity(embedding, reference))
    lines.push([name, change, ...numbers.map((value) => value.toFixed(5))].join(','))
  }
  progress(i + 1)
}
await writeFile(values.out, `${lines.join('\n')}\n`)
console.log(`${lines.length - 1} rows in ${values.out}`)
