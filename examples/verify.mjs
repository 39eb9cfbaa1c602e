// Do two photos show the same person?
//   node examples/verify.mjs A.jpg B.jpg
import { FaceRecognizer, NoFaceError } from 'seesawface'

const [a, b] = process.argv.slice(2)
if (!a || !b) {
  console.error('usage: node examples/verify.mjs A.jpg B.jpg')
  process.exit(2)
}

const faces = await FaceRecognizer.open()
try {
  // One wrong acceptance in 1000 comparisons of different people; ask for less where it matters.
  const { same, similarity, threshold } = await faces.verify(a, b, { far: 1e-3 })
  console.log(`${same ? 'same person' : 'different people'}: ${similarity.toFixed(3)}`)
  console.log(`(at least ${threshold.toFixed(3)} is needed)`)
  process.exitCode = same ? 0 : 1
} catch (error) {
  if (!(error instanceof NoFaceError)) throw error
  console.error(error.message)
  process.exitCode = 2
} finally {
  await faces.close()
}
