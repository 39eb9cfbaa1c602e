// Writes raw frames of a moving portrait to its standard output, like ffmpeg or rpicam-vid:
//
//   node examples/generated-camera.mjs --size 320x240 --format nv12 --frames 30 --fps 10 [PHOTO]
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { movingPortrait } from './portrait.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '640x480' },
    format: { type: 'string', default: 'nv12' },
    frames: { type: 'string', default: '30' },
    fps: { type: 'string', default: '10' }
  }
})
const [width, height] = values.size.split('x').map(Number)
const [count, fps] = [Number(values.frames), Number(values.fps)]
const photo =
  positionals[0] ?? fileURLToPath(new URL('../test/fixtures/photos/obama.jpg', import.meta.url))

const { draw, bytes } = await movingPortrait(photo, { width, height, count, format: values.format })
process.stdout.on('error', () => process.exit()) // nobody looks any more
for (let i = 0; i < count; i++) {
  const frame = new Uint8Array(bytes)
  draw(frame, i)
  if (!process.stdout.write(frame)) await once(process.stdout, 'drain')
  await sleep(1000 / fps)
}
