// Who is it? People in an encrypted gallery, and a search among them (1:N).
//   node examples/gallery.mjs people.gallery add NAME PHOTO…
//   node examples/gallery.mjs people.gallery who PHOTO
//   node examples/gallery.mjs people.gallery forget NAME
//
// The gallery's key is made beside it, in people.gallery.key. Embeddings are biometric data: ask people
// first, and delete what is no longer needed. Node.js 20 needs `npm install @photostructure/sqlite@1`.
import { FaceRecognizer } from 'seesawface'
import { Gallery } from 'seesawface/gallery'

const [path, command, ...rest] = process.argv.slice(2)
const counts = { add: [2, 101], who: [1, 1], forget: [1, 1] }
const [least, most] = counts[command] ?? [1, 0]
if (!path || rest.length < least || rest.length > most) {
  console.error(
    'usage: node examples/gallery.mjs GALLERY (add NAME PHOTO… | who PHOTO | forget NAME)'
  )
  process.exit(2)
}

const recognizer = await FaceRecognizer.open()
const key = { file: `${path}.key`, create: true }
const gallery = await Gallery.open(path, { recognizer, key })
try {
  if (command === 'add') {
    const [name, ...photos] = rest
    const { warnings } = await gallery.enroll(name, photos)
    for (const { message } of warnings) console.warn(`warning: ${message}`)
    console.log(`${name} is in the gallery, which holds ${gallery.size}`)
  } else if (command === 'forget') {
    await gallery.remove(rest[0])
    console.log(`${rest[0]} is erased`)
  } else {
    // Of strangers, one in a hundred may be taken for somebody, however many people there are.
    const { person, candidates, threshold } = await gallery.identify(rest[0], { fpir: 0.01 })
    const nearest = candidates[0]?.similarity.toFixed(3)
    if (person)
      console.log(`${person.name} (similarity ${nearest}, threshold ${threshold.toFixed(3)})`)
    else {
      console.log(nearest ? `nobody known (nearest: ${nearest})` : 'an empty gallery')
      process.exitCode = 1
    }
  }
} finally {
  await gallery.close()
  await recognizer.close()
}
