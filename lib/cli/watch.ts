import { type CameraFrame, cameraFrames } from '../cameras/camera.js'
import { drawn, type Mark } from '../cameras/overlay.js'
import { Recording } from '../cameras/recording.js'
import { videoSource } from '../cameras/source.js'
import { Gallery } from '../gallery/index.js'
import type { RawFrame, TrackEvent } from '../index.js'
import { type Arguments, parseSearching, photoOptions, UsageError } from './arguments.js'
import { defaultKeyFile, keyFrom, keyOptions } from './gallery/open.js'
import { openRecognizer } from './open.js'
import { colour, complain, print, printJson } from './output.js'
import { checkPicturePath } from './picture.js'

const defaultMaxPixels = 52_000_000
/** Y, U and V of a box. */
const colours = {
  known: [150, 44, 21],
  stranger: [82, 90, 240],
  undecided: [210, 16, 146]
} as const

type Seen = TrackEvent<RawFrame>

async function openGallery(
  options: Arguments,
  recognizer: Awaited<ReturnType<typeof openRecognizer>>
): Promise<Gallery | undefined> {
  const path = options.text('gallery')
  if (path === undefined) return undefined
  const key = await keyFrom(options, defaultKeyFile(path))
  return Gallery.open(path, { recognizer, key, create: false, readOnly: true })
}

function nameOf({ face }: Seen): string {
  if (face.person) return face.person.name
  return face.decided ? 'a stranger' : 'somebody'
}

function tell(event: Seen): void {
  const { type, face, time } = event
  const at = `${time.toFixed(2)} s`.padStart(10)
  const figures =
    face.similarity === undefined || type === 'lost' || type === 'appeared'
      ? ''
      : `  (similarity ${face.similarity.toFixed(3)}, threshold ${face.threshold?.toFixed(3)})`
  const what = {
    appeared: 'appeared',
    updated: 'seen',
    identified: `is ${colour.green(nameOf(event))}`,
    stranger: `is ${colour.yellow('a stranger')}`,
    changed: `is ${nameOf(event)}, not ${event.previous?.name ?? 'a stranger'}`,
    lost: `left (${nameOf(event)}, seen for ${(face.lastSeen - face.firstSeen).toFixed(1)} s)`
  }[type]
  print(`${colour.dim(at)}  face ${face.id} ${what}${figures}`)
}

function tellJson({ type, face, previous, index, dropped, time, timing }: Seen): void {
  const { embedding: _, ...rest } = face
  printJson({ type, time, index, dropped, face: rest, ...(previous && { previous }), timing })
}

function markOf(event: Seen): Mark {
  const { face } = event
  const kind = face.person ? 'known' : face.decided ? 'stranger' : 'undecided'
  const label = face.person ? face.person.name : `#${face.id}`
  return { box: face.box, label, colour: colours[kind] }
}

/** Frames that a stream may have taken and not finished. */
const mostUnderWay = 16

/** Frames in their order, each written with what was seen in it. */
class Drawing {
  readonly #recording: Recording
  readonly #waiting: CameraFrame[] = []
  #marks: { readonly index: number; readonly marks: Mark[] } = { index: -1, marks: [] }

  constructor(path: string) {
    this.#recording = new Recording(path)
  }

  async frame(frame: CameraFrame): Promise<void> {
    if (frame.frame.format !== 'i420') throw new UsageError('--draw requires video in colour')
    this.#waiting.push(frame)
    // Frames in which nothing happened have no event: those that must be through by now are written.
    await this.#write(frame.index - mostUnderWay)
  }

  async event(event: Seen): Promise<void> {
    if (event.index !== this.#marks.index) {
      await this.#write(event.index)
      this.#marks = { index: event.index, marks: [] }
    }
    if (event.type === 'updated' || event.type === 'appeared') this.#marks.marks.push(markOf(event))
  }

  /** Writes the frames before that one. */
  async #write(index: number): Promise<void> {
    for (let first = this.#waiting[0]; first && first.index < index; first = this.#waiting[0]) {
      this.#waiting.shift()
      const marks = first.index === this.#marks.index ? this.#marks.marks : []
      await this.#recording.add(first.frame, drawn(first.frame, marks), first.fps ?? 25)
    }
  }

  async close(): Promise<void> {
    await this.#write(Number.POSITIVE_INFINITY)
    await this.#recording.close()
  }
}

export async function watch(args: readonly string[]): Promise<number> {
  const options = parseSearching(args, {
    gallery: { type: 'string' },
    ...keyOptions,
    fpir: { type: 'string' },
    fps: { type: 'string' },
    width: { type: 'string' },
    draw: { type: 'string' },
    force: { type: 'boolean' },
    updates: { type: 'boolean' }
  })
  const [source, ...more] = options.positionals
  if (source === undefined || more.length > 0) throw new UsageError('watch takes one source')
  const [fps, maxWidth, fpir] = ['fps', 'width', 'fpir'].map((name) => options.number(name))
  if (fps !== undefined && !(fps > 0 && fps <= 240)) {
    throw new UsageError('--fps must be a number above 0, up to 240')
  }
  if (maxWidth !== undefined && !(Number.isInteger(maxWidth) && maxWidth >= 16)) {
    throw new UsageError('--width must be a whole number, at least 16')
  }
  const draw = options.text('draw')
  if (draw !== undefined)
    await checkPicturePath(draw, options.flag('force'), ['.mp4', '.mkv', '.webm'])
  const video = videoSource(source, {
    ...(fps !== undefined && { fps }),
    ...(maxWidth !== undefined && { maxWidth })
  })
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  await using recognizer = await openRecognizer(options)
  await using gallery = await openGallery(options, recognizer)
  const drawing = draw === undefined ? undefined : new Drawing(draw)
  const found = photoOptions(options)
  const times = new Map<number, number>()
  async function* frames(): AsyncGenerator<RawFrame> {
    const maxPixels = found.maxPixels ?? defaultMaxPixels
    const onRestart = ({ reason, delay }: { reason: string; delay: number }): void =>
      complain(`${video.name}: ${reason}; starting it again in ${delay / 1000} s`)
    for await (const item of cameraFrames(video, { maxPixels, signal: stop.signal, onRestart })) {
      times.set(item.index, item.time)
      times.delete(item.index - mostUnderWay)
      await drawing?.frame(item)
      yield item.frame
    }
  }
  try {
    for await (const event of recognizer.track(frames(), {
      ...found,
      drop: video.live ? 'oldest' : 'none',
      time: (_, index) => times.get(index) ?? 0,
      signal: stop.signal,
      ...(gallery && { gallery }),
      ...(fpir !== undefined && { fpir })
    })) {
      await drawing?.event(event)
      if (event.type === 'updated' && !options.flag('updates')) continue
      if (options.json) tellJson(event)
      else tell(event)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await drawing?.close()
  }
  return 0
}
