// Changes a gallery at random until it is killed: `gallery-victim.ts FOLDER SEED`. Says on a line each
// what it begins and what has been done; what was done must be there after any kill.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { FaceEmbedding } from '../../lib/embeddings/embedding.js'
import { Gallery } from '../../lib/gallery/index.js'
import { loadSqlite } from '../../lib/gallery/store/sqlite.js'
import { randomNumbers } from './faces.js'
import { manifestOf, photosOf, pretendRecognizer, vectorOf } from './galleries.js'

const [folder = '', seed = '1', keyFile = 'key-0'] = process.argv.slice(2)
const path = join(folder, 'people.gallery')
const random = randomNumbers(Number(seed))
const below = (n: number): number => Math.floor(random() * n)
const say = (line: object): void => void writeSync(1, `${JSON.stringify(line)}\n`)

/** Sealed values of a person, of which nothing may be left after a removal. */
function sealedOf(id: string): string[] {
  const { DatabaseSync } = loadSqlite()
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = [
      ...db.prepare('SELECT key AS value FROM person WHERE id = ?').all(id),
      ...db.prepare('SELECT content AS value FROM photo WHERE person = ?').all(id)
    ]
    return rows.map(({ value }) =>
      Buffer.from(value as Uint8Array)
        .subarray(0, 24)
        .toString('hex')
    )
  } finally {
    db.close()
  }
}

async function open(key: string): Promise<{ gallery: Gallery; model: string }> {
  const options = { key: { file: join(folder, key), create: true }, keep: 'crops' } as const
  const plain = await Gallery.open(path, options)
  const model = (await plain.counts()).model?.name ?? 'm'
  await plain.close()
  return {
    gallery: await Gallery.open(path, { ...options, recognizer: pretendRecognizer(model) }),
    model
  }
}

/** Embeds kept crops with another model. */
const embedderOf = (model: string) => ({
  manifest: manifestOf(model),
  precision: 'fp32' as const,
  embed: async (crop: Uint8Array) =>
    new FaceEmbedding(vectorOf(Buffer.from(crop.subarray(0, 40)).toString('latin1'), model), {
      model,
      modelSha256: manifestOf(model).files.bin.sha256,
      precision: 'fp32'
    })
})

let [key, number] = [keyFile, 0]
let { gallery, model } = await open(key)
say({ ready: true })
for (;;) {
  const people = await gallery.list()
  const who = people[below(people.length)]
  const what = below(100)
  const name = `p${seed}-${number++}`
  if (who === undefined || what < 40) {
    const photos = 1 + below(3)
    say({ begin: 'enroll', name, photos })
    await gallery.enroll(name, photosOf(name, photos))
    say({ done: 'enroll', name, photos })
  } else if (what < 60) {
    const sealed = sealedOf(who.id)
    say({ begin: 'remove', name: who.name })
    const { erased } = await gallery.remove(who)
    say({ done: 'remove', name: who.name, sealed: erased ? sealed : [] })
  } else if (what < 75) {
    say({ begin: 'rename', name: who.name, to: name })
    await gallery.rename(who, name)
    say({ done: 'rename', name: who.name, to: name })
  } else if (what < 85) {
    const next = `key-${seed}-${number}`
    say({ begin: 'rekey', key: next })
    await gallery.rekey({ file: join(folder, next), create: true })
    key = next
    say({ done: 'rekey', key })
  } else if (what < 93) {
    say({ begin: 'backup' })
    await gallery.backup(join(folder, 'backup.gallery'))
    say({ done: 'backup', key, people: people.map((person) => person.name) })
  } else {
    model = model === 'm' ? 'n' : 'm'
    say({ begin: 'upgrade', model })
    await gallery.upgrade(embedderOf(model))
    say({ done: 'upgrade', model })
    await gallery.close()
    ;({ gallery, model } = await open(key))
  }
}
