// Decodes hostile images one after the other and tells, a line of JSON each, what came of it. The
// milliseconds are those of all threads on a processor, which what else the machine does leaves out.
import { SeesawFaceError } from '../../lib/errors.js'
import { decodeImage } from '../../lib/photos/load.js'
import { hostileImages } from './hostile.js'

for (const { name, bytes } of await hostileImages(Number(process.argv[2]))) {
  const started = process.cpuUsage()
  let outcome = 'decoded'
  try {
    await decodeImage(bytes)
  } catch (error) {
    outcome = error instanceof SeesawFaceError ? error.code : `untyped: ${String(error)}`
  }
  const { user, system } = process.cpuUsage(started)
  const milliseconds = (user + system) / 1000
  // In kilobytes; of the whole process so far.
  const { maxRSS } = process.resourceUsage()
  process.stdout.write(`${JSON.stringify({ name, outcome, milliseconds, maxRSS })}\n`)
}
