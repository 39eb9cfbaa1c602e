import { distance, overlap, sizeOf } from '../faces/box.js'
import type { Box } from '../faces/types.js'
import { assign } from './assign.js'
import { Motion } from './motion.js'

/**
 * Which detection belongs to which face seen before. Sure detections are matched first and weak ones
 * with what is left, as in ByteTrack (Zhang et al. 2022); a face found again after a gap starts its
 * motion anew from what was seen rather than from what was predicted, as in OC-SORT (Cao et al.
 * 2023). Boxes only: appearance comes in above, by `revive`.
 */

export interface Detection {
  readonly box: Box
  readonly score: number
}

export interface TrackerOptions {
  /** Detections of at least this score begin tracks. */
  readonly sure: number
  /** Detections it takes until a track is believed. */
  readonly confirmations: number
  /** Seconds without a detection after which a track is lost. */
  readonly patience: number
  /** Seconds after which a lost track is forgotten. */
  readonly memory: number
  /** Tracks at most, lost ones included; a face beyond them waits until one is forgotten. */
  readonly maxTracks: number
}

export const trackerDefaults: TrackerOptions = {
  sure: 0.6,
  confirmations: 2,
  patience: 0.6,
  memory: 10,
  maxTracks: 100
}

export interface Track {
  readonly id: number
  readonly box: Box
  /** Seconds on the clock of the frames. */
  readonly firstSeen: number
  readonly lastSeen: number
  readonly state: 'tentative' | 'confirmed' | 'lost'
}

class Tracked<D extends Detection> implements Track {
  readonly id: number
  readonly firstSeen: number
  lastSeen: number
  state: Track['state'] = 'tentative'
  hits = 1
  detection: D
  motion: Motion

  constructor(id: number, detection: D, time: number) {
    this.id = id
    this.firstSeen = time
    this.lastSeen = time
    this.detection = detection
    this.motion = new Motion(detection.box)
  }

  get box(): Box {
    return this.motion.box
  }

  see(detection: D, time: number): void {
    const gap = time - this.lastSeen
    if (this.state === 'lost') this.motion = resumed(this.detection.box, detection.box, gap)
    else this.motion.correct(detection.box)
    this.detection = detection
    this.lastSeen = time
    this.hits++
  }
}

/** A motion that has gone straight from one box to the other (OC-SORT's virtual trajectory). */
function resumed(from: Box, to: Box, seconds: number): Motion {
  const motion = new Motion(from)
  motion.predict(seconds)
  motion.correct(to)
  return motion
}

export interface Step<D extends Detection> {
  /** Confirmed tracks that were seen, and by what. */
  readonly seen: readonly { readonly track: Track; readonly detection: D }[]
  /** Of these, those that have just been confirmed. */
  readonly appeared: readonly Track[]
  /** Confirmed tracks that have just been lost. */
  readonly lost: readonly Track[]
  /** Lost tracks that are seen again. */
  readonly returned: readonly Track[]
  /** Tracks that will not come back under their id. */
  readonly forgotten: readonly Track[]
}

/** A weak detection counts only where it covers a predicted face this well. */
const weakOverlap = 0.3
/** How far a face may be from where it was expected, in its own sizes, beside the uncertainty. */
const reach = 0.75
const maxError = 2
/** How much larger or smaller a face may be than expected. */
const maxRatio = 1.7

export class Tracker<D extends Detection> {
  readonly #options: TrackerOptions
  readonly #tracks: Tracked<D>[] = []
  #time: number | undefined
  #nextId = 1

  constructor(options: Partial<TrackerOptions> = {}) {
    this.#options = { ...trackerDefaults, ...options }
  }

  /** All tracks, lost ones included. */
  get tracks(): readonly Track[] {
    return this.#tracks
  }

  /** Where faces are expected at a time, without looking. */
  expected(time: number): { readonly track: Track; readonly box: Box; readonly error: number }[] {
    const ahead = Math.max(0, time - (this.#time ?? time))
    return this.#tracks.flatMap((track) => {
      if (track.state === 'lost') return []
      const { box, error } = track.motion
      // The filter's own prediction would change it: a straight line is enough to look by.
      return [{ track, box, error: error + ahead * sizeOf(box) }]
    })
  }

  /**
   * Takes the detections of the frame at `time`, in seconds, which never goes back. `looked` tells
   * whether a track could have been seen at all: one that nobody looked for is not missed.
   */
  step(
    detections: readonly D[],
    time: number,
    looked: (track: Track) => boolean = () => true
  ): Step<D> {
    const seconds = Math.max(0, time - (this.#time ?? time))
    this.#time = time
    for (const track of this.#tracks) if (track.state !== 'lost') track.motion.predict(seconds)
    const { sure } = this.#options
    const free = new Set(detections)
    const returned: Track[] = []
    const seen: Tracked<D>[] = []
    const take = (tracks: readonly Tracked<D>[], from: readonly D[], gate: Gate): void => {
      for (const [track, detection] of matches(tracks, from, gate)) {
        if (track.state === 'lost') returned.push(track)
        track.see(detection, time)
        if (track.state === 'lost') track.state = 'confirmed'
        seen.push(track)
        free.delete(detection)
      }
    }
    const strong = detections.filter(({ score }) => score >= sure)
    const active = this.#tracks.filter(({ state }) => state !== 'lost')
    take(active, strong, nearby)
    const weak = detections.filter(({ score }) => score < sure)
    take(
      active.filter((track) => !seen.includes(track)),
      weak,
      covering
    )
    // What was lost a moment ago comes back where it was going, if nobody else is there.
    take(
      this.#tracks.filter(({ state }) => state === 'lost'),
      strong.filter((detection) => free.has(detection)),
      covering
    )
    const appeared = this.#believe(seen)
    appeared.push(
      ...this.#begin(
        strong.filter((detection) => free.has(detection)),
        time,
        seen
      )
    )
    const lost = this.#miss(seen, time, looked)
    const forgotten = this.#forget(time)
    return {
      seen: seen
        .filter(({ state }) => state === 'confirmed')
        .map((track) => ({ track, detection: track.detection })),
      appeared,
      lost,
      returned,
      forgotten
    }
  }

  /** The face of `track`, just begun, is the one of a `lost` track: it goes on under that id. */
  revive(lost: Track, track: Track): Track {
    const [old, young] = [lost, track].map((each) => this.#tracks.find((t) => t.id === each.id))
    if (old === undefined || young === undefined || old.state !== 'lost' || old === young) {
      throw new RangeError(`track ${lost.id} is not lost, or track ${track.id} does not exist`)
    }
    old.motion = young.motion
    old.detection = young.detection
    old.lastSeen = young.lastSeen
    old.hits += young.hits
    old.state = 'confirmed'
    this.#tracks.splice(this.#tracks.indexOf(young), 1)
    return old
  }

  #believe(seen: readonly Tracked<D>[]): Track[] {
    const believed = seen.filter(
      ({ state, hits }) => state === 'tentative' && hits >= this.#options.confirmations
    )
    for (const track of believed) track.state = 'confirmed'
    return believed
  }

  #begin(detections: readonly D[], time: number, seen: Tracked<D>[]): Track[] {
    const { maxTracks, confirmations } = this.#options
    const confirmed: Track[] = []
    for (const detection of [...detections].sort((a, b) => b.score - a.score)) {
      if (this.#tracks.length >= maxTracks) break
      const track = new Tracked(this.#nextId++, detection, time)
      this.#tracks.push(track)
      seen.push(track)
      if (confirmations > 1) continue
      track.state = 'confirmed'
      confirmed.push(track)
    }
    return confirmed
  }

  #miss(seen: readonly Tracked<D>[], time: number, looked: (track: Track) => boolean): Track[] {
    const lost: Track[] = []
    for (const track of [...this.#tracks]) {
      if (seen.includes(track) || track.state === 'lost' || !looked(track)) continue
      if (track.state === 'tentative') {
        this.#tracks.splice(this.#tracks.indexOf(track), 1)
      } else if (time - track.lastSeen > this.#options.patience) {
        track.state = 'lost'
        lost.push(track)
      }
    }
    return lost
  }

  #forget(time: number): Track[] {
    const old = this.#tracks.filter(
      ({ state, lastSeen }) => state === 'lost' && time - lastSeen > this.#options.memory
    )
    for (const track of old) this.#tracks.splice(this.#tracks.indexOf(track), 1)
    return old
  }
}

/** The cost of a pair; Infinity forbids it. */
type Gate = (track: Tracked<Detection>, box: Box) => number

const nearby: Gate = ({ motion }, box) => {
  const expected = motion.box
  const size = sizeOf(expected)
  const ratio = sizeOf(box) / size
  if (ratio > maxRatio || ratio < 1 / maxRatio) return Number.POSITIVE_INFINITY
  const apart = distance(expected, box)
  const allowed = reach * size + 2 * Math.min(motion.error, maxError * size)
  // Distance decides between faces that overlap nothing, as in DIoU (Zheng et al. 2020).
  return apart > allowed ? Number.POSITIVE_INFINITY : 1 - overlap(expected, box) + apart / allowed
}

const covering: Gate = ({ motion }, box) => {
  const covered = overlap(motion.box, box)
  return covered < weakOverlap ? Number.POSITIVE_INFINITY : 1 - covered
}

function matches<D extends Detection>(
  tracks: readonly Tracked<D>[],
  detections: readonly D[],
  gate: Gate
): [Tracked<D>, D][] {
  const columns = assign(tracks.map((track) => detections.map(({ box }) => gate(track, box))))
  return tracks.flatMap((track, i) => {
    const detection = detections[columns[i] ?? -1]
    return detection === undefined ? [] : [[track, detection] as [Tracked<D>, D]]
  })
}
