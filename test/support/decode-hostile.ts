// Decodes hostile images one after the other and tells, a line of JSON each, what came of it.
import { SeesawFaceError } from '../../lib/errors.js'
import { decodeImage } from '../../lib/image.js'
import { hostileImages } from './hostile.js'

for (const { name, bytes } of await hostileImages(Number(process.argv[2]))) {
  const started = performance.now()
  let outcome = 'decoded'
  try {
    await decodeImage(bytes)
  } catch (error) {
    outcome = error instanceof SeesawFaceError ? error.code : `untyped: ${String(error)}`
  }
  const milliseconds = performance.now() - started
  // In kilobytes; of the whole process so far.
  const { maxRSS } = process.resourceUsage()
  process.stdout.write(`${JSON.stringify({ name, outcome, milliseconds, maxRSS })}\n`)
}
