// Preloaded, it stops the process half-way through the writing of a file: by the signal that the
// environment names, after half of the content, and then nothing goes on any more.
const fs = require('node:fs/promises')
const { open } = fs
fs.open = async (path, flags, ...rest) => {
  const file = await open(path, flags, ...rest)
  if (!String(flags).startsWith('w')) return file
  file.writeFile = async (content) => {
    const bytes = Buffer.from(content)
    await file.write(bytes.subarray(0, bytes.length >> 1))
    process.kill(process.pid, process.env.SEESAWFACE_TEST_SIGNAL)
    await new Promise((resolve) => setTimeout(resolve, 200_000))
  }
  return file
}
