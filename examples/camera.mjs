// Faces in what a camera sees, from any program that writes raw frames to its standard output.
//
//   node examples/camera.mjs                                     a webcam through ffmpeg
//   node examples/camera.mjs --size 1280x720 -- ffmpeg -loglevel error -i rtsp://door.local/live \
//     -vf scale=1280:720 -f rawvideo -pix_fmt nv12 -
//   node examples/camera.mjs --format i420 -- rpicam-vid -t 0 -n --codec yuv420 \
//     --width 640 --height 480 -o -
//   node examples/camera.mjs --size 320x240 -- node examples/generated-camera.mjs --size 320x240
//
// Prints a line for every frame it looked at; ends with the camera, or with Ctrl-C. Frames must come
// without gaps between rows; where a camera pads its rows, give each frame its `stride`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { FaceRecognizer } from 'seesawface'
import { framesOf } from './frames-of.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '640x480' },
    format: { type: 'string', default: 'nv12' },
    rotation: { type: 'string', default: '0' },
    drop: { type: 'string', default: 'oldest' }
  }
})
const [width, height] = values.size.split('x').map(Number)
const { format, drop } = values
const rotation = Number(values.rotation)
const [command, ...args] =
  positionals.length > 0
    ? positionals
    : [
        ...'ffmpeg -loglevel error -f v4l2 -video_size'.split(' '),
        values.size,
        ...`-i /dev/video0 -f rawvideo -pix_fmt ${format} -`.split(' ')
      ]

const stop = new AbortController()
process.once('SIGINT', () => stop.abort())

// Both 4:2:0 formats have one chroma sample, of two numbers, for 2×2 pixels.
const bytes = width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2)

const camera = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
const ended = once(camera, 'exit') // rejects when the command cannot be started
ended.catch(() => undefined)

async function* frames() {
  for await (const data of framesOf(camera.stdout, bytes)) {
    yield { data, width, height, format, rotation, transfer: true }
  }
}

const recognizer = await FaceRecognizer.open()
try {
  // `embed: true` would add an embedding to each face.
  for await (const result of recognizer.stream(frames(), { drop, signal: stop.signal })) {
    const { index, faces, dropped, timing } = result
    const where = faces.map(({ box, score }) => {
      const [x, y, w, h] = [box.x, box.y, box.width, box.height].map(Math.round)
      return `${w}×${h} at ${x},${y} (${score.toFixed(2)})`
    })
    console.log(
      `frame ${index}: ${where.join('; ') || 'nobody'} [${timing.total.toFixed(0)} ms, ${dropped} dropped]`
    )
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}`)
} catch (error) {
  if (!stop.signal.aborted) throw error
} finally {
  camera.kill()
  await recognizer.close()
}
