import type { NativeFrame } from '../frames/native-frame.js'
import { Budget } from './budget.js'
import type { TrackEyes } from './eyes.js'
import { type Decision, Identity } from './identity.js'
import { type Found, Looker } from './look.js'
import type { TrackSettings } from './options.js'
import type { Track } from './tracker.js'
import { Tracker } from './tracker.js'
import type { TrackEvent, TrackEventType, TrackedFace } from './types.js'

/** What has happened in a frame, before it is known which one it was. */
export type Happening = Pick<TrackEvent<unknown>, 'type' | 'face' | 'previous'>

export interface FrameOutcome {
  readonly happenings: readonly Happening[]
  readonly time: number
  /** Milliseconds. */
  readonly detect: number
  readonly embed: number
}

/** A track, its face as it was last seen, and who it is. */
interface Followed {
  readonly identity: Identity
  found: Found
  /** When it was believed. */
  readonly since: number
  /** Whether users know of it. */
  announced: boolean
}

/**
 * How long a face that may be one lost before is not announced, while its first embedding is on the
 * way: it then goes on under its old id.
 */
const announceWithin = 0.5

/** The faces of one stream. Frames come one after the other, in their order. */
export class TrackSession {
  readonly #eyes: TrackEyes
  readonly #settings: TrackSettings
  readonly #looker: Looker
  readonly #tracker: Tracker<Found>
  readonly #budget: Budget
  readonly #followed = new Map<number, Followed>()

  constructor(eyes: TrackEyes, settings: TrackSettings) {
    this.#eyes = eyes
    this.#settings = settings
    const { patience, memory, embeddingsPerSecond } = settings
    this.#looker = new Looker(eyes.detect, eyes.wanted, settings)
    this.#tracker = new Tracker({ sure: eyes.wanted.scoreThreshold, patience, memory })
    this.#budget = new Budget(embeddingsPerSecond)
  }

  async see(frame: NativeFrame, time: number, signal: AbortSignal): Promise<FrameOutcome> {
    const begun = performance.now()
    const expected = this.#tracker.expected(time)
    const sight = await this.#looker.look(frame, time, expected, signal)
    const looked = performance.now()
    const step = this.#tracker.step(sight.faces, time, ({ box }) => sight.covers(box))
    const seen = step.seen.map(({ track, detection }) => this.#follow(track, detection, time))
    // Whoever was not where they were expected has gone elsewhere, or is hidden: look everywhere.
    const unseen = this.#tracker.tracks.some(
      ({ state, lastSeen, box }) => state === 'confirmed' && lastSeen < time && sight.covers(box)
    )
    if (unseen || step.lost.length > 0) this.#looker.demandFull()
    await this.#learn(frame, seen, time, signal)
    const embedded = performance.now()
    this.#settle(seen)
    const happenings = [
      ...this.#announce(seen, time),
      ...this.#decisions(seen),
      ...step.lost.flatMap((track) => this.#lost(track))
    ]
    for (const { id } of step.forgotten) this.#followed.delete(id)
    return { happenings, time, detect: looked - begun, embed: embedded - looked }
  }

  #follow(track: Track, found: Found, time: number): Track {
    const known = this.#followed.get(track.id)
    if (known) known.found = found
    else {
      const followed = { identity: new Identity(), found, since: time, announced: false }
      this.#followed.set(track.id, followed)
    }
    return track
  }

  #of(track: Track): Followed {
    return this.#followed.get(track.id) as Followed
  }

  /** Spends the budget where an embedding tells most. */
  async #learn(
    frame: NativeFrame,
    seen: Track[],
    time: number,
    signal: AbortSignal
  ): Promise<void> {
    const { gallery, fpir } = this.#settings
    const ranked = seen
      .map((track) => {
        const { identity, found } = this.#of(track)
        const decided = identity.verdict !== undefined
        return { track, worth: identity.evidence.worth(found.quality.overall, time, decided) }
      })
      .filter(({ worth }) => worth > 0)
      .sort((a, b) => b.worth - a.worth)
      .slice(0, this.#budget.available(time))
    this.#budget.spend(ranked.length)
    for (const { track } of ranked) {
      const { identity, found } = this.#of(track)
      const embedding = await this.#eyes.embed(frame, found, signal)
      if (embedding === undefined) continue
      const sample = { embedding, quality: found.quality.overall, time }
      await identity.learn(sample, gallery, fpir, signal)
      this.#recognise(track, seen)
    }
  }

  /** A face that was lost and is now seen elsewhere keeps its id. */
  #recognise(track: Track, seen: Track[]): void {
    const { identity, announced, found } = this.#of(track)
    const { sameThreshold } = this.#eyes
    if (announced || sameThreshold === undefined) return
    let best: { readonly lost: Track; readonly likeness: number } | undefined
    for (const lost of this.#tracker.tracks) {
      const old = lost.state === 'lost' ? this.#followed.get(lost.id) : undefined
      const likeness = old && Identity.likeness(old.identity, identity)
      if (likeness === undefined || likeness < Math.max(sameThreshold, best?.likeness ?? -1))
        continue
      best = { lost, likeness }
    }
    if (best === undefined) return
    const revived = this.#tracker.revive(best.lost, track)
    this.#followed.delete(track.id)
    this.#of(revived).found = found
    seen[seen.indexOf(track)] = revived
  }

  /** Nobody is in two places: of two faces taken for one person the likelier one keeps the name. */
  #settle(seen: readonly Track[]): void {
    if (this.#settings.allowTwice) return
    const owners = new Map<string, Identity>()
    for (const track of seen) {
      const { identity } = this.#of(track)
      const { verdict } = identity
      if (verdict?.person === undefined) continue
      const other = owners.get(verdict.person.id)
      const rival = other?.verdict?.similarity ?? Number.NEGATIVE_INFINITY
      if (verdict.similarity > rival) {
        other?.yieldTo()
        owners.set(verdict.person.id, identity)
      } else {
        identity.yieldTo()
      }
    }
  }

  #announce(seen: readonly Track[], time: number): Happening[] {
    const somebodyLost = this.#tracker.tracks.some(({ state, id }) => {
      return state === 'lost' && (this.#followed.get(id)?.identity.evidence.samples.length ?? 0) > 0
    })
    return seen.flatMap((track): Happening[] => {
      const followed = this.#of(track)
      if (followed.announced) return [this.#happening('updated', track)]
      const known = followed.identity.evidence.samples.length > 0
      const waits = somebodyLost && !known && time - followed.since < announceWithin
      if (waits) return []
      followed.announced = true
      return [this.#happening('appeared', track)]
    })
  }

  #decisions(seen: readonly Track[]): Happening[] {
    return seen.flatMap((track): Happening[] => {
      const { identity, announced } = this.#of(track)
      const { verdict, told } = identity
      if (!announced || verdict === undefined || sameDecision(verdict, told)) return []
      identity.told = verdict
      if (told !== undefined) {
        return [{ ...this.#happening('changed', track), previous: told.person }]
      }
      return [this.#happening(verdict.person ? 'identified' : 'stranger', track)]
    })
  }

  #lost(track: Track): Happening[] {
    return this.#followed.get(track.id)?.announced ? [this.#happening('lost', track)] : []
  }

  #happening(type: TrackEventType, track: Track): Happening {
    return { type, face: this.#face(track) }
  }

  #face({ id, firstSeen, lastSeen }: Track): TrackedFace {
    const { found, identity } = this.#followed.get(id) as Followed
    const { box, landmarks, score, quality } = found
    const { verdict, evidence } = identity
    return {
      ...{ id, box, landmarks, score, quality, firstSeen, lastSeen },
      person: verdict?.person,
      decided: verdict !== undefined,
      similarity: verdict?.similarity,
      threshold: verdict?.threshold,
      embedding: evidence.template()
    }
  }
}

function sameDecision(a: Decision, b: Decision | undefined): boolean {
  return b !== undefined && a.person?.id === b.person?.id
}
