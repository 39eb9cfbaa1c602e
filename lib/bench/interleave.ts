import { setTimeout as sleep } from 'node:timers/promises'
import { type Row, rowOf } from './statistics.js'

/** Something to time. */
export interface Subject {
  readonly name: string
  /** Milliseconds of one call, whose data and code are warm. */
  time(): Promise<number>
}

export interface TurnOptions {
  readonly seconds: number
  /**
   * Milliseconds to wait before each subject: threads of the one before may spin for more work for
   * a while (OpenMP's do), and would take a core from the next.
   */
  readonly pause?: number
  /** Hears after each turn how much of the time is over, in percent. */
  readonly onProgress?: (percent: number) => void
}

/** However slow they are, each subject has so many turns. */
export const leastTurns = 3

/** Calls before the one that is timed: at least one, and for so many milliseconds. */
const warmingUp = 5

/** The time of a call that follows others just like it, so that caches, clocks and threads are up. */
export async function warmed(call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  do await call()
  while (performance.now() - begin < warmingUp)
  const start = performance.now()
  await call()
  return performance.now() - start
}

/**
 * Times subjects in turns, so that whatever else the machine does disturbs all alike: a list of
 * times for each, where times at the same place were taken in the same turn.
 */
export async function takeTurns(
  subjects: readonly Subject[],
  { seconds, pause = 0, onProgress }: TurnOptions
): Promise<number[][]> {
  const times = subjects.map((): number[] => [])
  for (const { time } of subjects) await time()
  const start = performance.now()
  const elapsed = (): number => (performance.now() - start) / (seconds * 1000)
  for (let turn = 0; turn < leastTurns || elapsed() < 1; turn++) {
    for (const [i, { time }] of subjects.entries()) {
      if (pause > 0) await sleep(pause)
      times[i]?.push(await time())
    }
    const turns = Math.min(1, (turn + 1) / leastTurns)
    onProgress?.(Math.floor(100 * Math.min(turns, elapsed(), 1)))
  }
  return times
}

/** The same as rows, with ratios to the first subject. */
export async function compare(subjects: readonly Subject[], options: TurnOptions): Promise<Row[]> {
  const times = await takeTurns(subjects, options)
  return subjects.map(({ name }, i) => rowOf(name, times[i] as number[], times[0] as number[]))
}

/** Long enough for threads that spin for work to have gone to sleep. */
export function pauseFor(threads: number): number {
  return threads > 1 ? 25 : 0
}
