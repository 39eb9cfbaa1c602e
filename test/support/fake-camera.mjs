// Stands in for ffmpeg: writes YUV4MPEG2 as told by its first argument, a JSON object.
import { setTimeout as sleep } from 'node:timers/promises'

const plan = JSON.parse(process.argv[2])
const { width = 32, height = 24, frames = 3, after = 'end', header, say = '', every = 0 } = plan
if (say) process.stderr.write(say)
process.stdout.write(header ?? `YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`)
const bytes = width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)
for (let i = 0; i < frames; i++) {
  process.stdout.write('FRAME\n')
  process.stdout.write(Buffer.alloc(bytes, i))
  if (every) await sleep(every)
}
if (after === 'hang') await sleep(60_000)
if (after === 'garbage') process.stdout.write('no frame at all\n')
if (after === 'half')
  process.stdout.write(Buffer.concat([Buffer.from('FRAME\n'), Buffer.alloc(bytes >> 1)]))
if (after === 'fail') process.exitCode = 3
