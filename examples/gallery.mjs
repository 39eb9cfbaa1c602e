// Who is it? A gallery of people kept as embeddings in a JSON file, and a search in it (1:N).
//   node examples/gallery.mjs gallery.json add NAME PHOTO
//   node examples/gallery.mjs gallery.json who PHOTO
//
// Embeddings are biometric data: ask people first, keep the file from others, delete what is no
// longer needed. Among N people a stranger has N chances to be taken for one of them.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { FaceEmbedding, FaceRecognizer, similarity } from 'seesawface'

const [file, command, ...rest] = process.argv.slice(2)
const [name, photo] = command === 'add' ? rest : [undefined, rest[0]]
if (!file || !photo || !['add', 'who'].includes(command)) {
  console.error('usage: node examples/gallery.mjs GALLERY.json (add NAME PHOTO | who PHOTO)')
  process.exit(2)
}

/** @returns {Promise<{name: string, embedding: FaceEmbedding}[]>} */
async function load() {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '[]'
    throw error
  })
  // Checked as they are read: another model's embeddings, or damaged ones, are errors.
  return JSON.parse(text).map((entry) => ({
    name: entry.name,
    embedding: FaceEmbedding.fromJSON(entry.embedding)
  }))
}

async function save(people) {
  // First beside it, so that the gallery is never half-written.
  await writeFile(`${file}.new`, JSON.stringify(people), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

const people = await load()
const faces = await FaceRecognizer.open()
try {
  const embedding = await faces.embed(photo)
  if (command === 'add') {
    await save([...people, { name, embedding }])
    console.log(`${name} is in the gallery, which holds ${people.length + 1}`)
  } else {
    const ranked = people
      .map((person) => ({ ...person, score: similarity(embedding, person.embedding) }))
      .sort((x, y) => y.score - x.score)
    const [best] = ranked
    // The decision is the recogniser's: it knows the model's threshold for the rate asked for.
    const decided = best && (await faces.verify(embedding, best.embedding, { far: 1e-4 }))
    if (best && decided?.same) console.log(`${best.name} (${best.score.toFixed(3)})`)
    else {
      console.log(best ? `nobody known (nearest: ${best.score.toFixed(3)})` : 'an empty gallery')
      process.exitCode = 1
    }
  }
} finally {
  await faces.close()
}
