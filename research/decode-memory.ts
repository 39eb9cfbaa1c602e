// Prints what memory decoding takes, in bytes a pixel without the file: one process for each FILE.
// lib/photos/memory-need.ts counts on it.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeImage } from '../lib/index.js'

const kilobytes = (field: string): number => {
  const status = readFileSync('/proc/self/status', 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1])
}

const files = process.argv.slice(2)
const [first] = files
if (files.length === 1 && first !== undefined) {
  const before = kilobytes('VmRSS')
  const { width, height, format } = await decodeImage(first, {
    maxPixels: 1e9,
    maxFileBytes: 2 ** 31
  })
  const taken = (kilobytes('VmHWM') - before) * 1024 - statSync(first).size
  console.log(
    `${(taken / width / height).toFixed(1).padStart(6)} bytes a pixel  ${format}  ${first}`
  )
} else {
  for (const file of files) {
    const self = fileURLToPath(import.meta.url)
    process.stdout.write(execFileSync(process.execPath, ['--import=tsx', self, file]))
  }
}
