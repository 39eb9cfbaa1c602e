import type { ExecutionContext } from 'ava'
import fc from 'fast-check'
import { InvalidArgumentError, SeesawFaceError } from '../../lib/errors.js'

/**
 * The same inputs in every CI run; elsewhere others each time. `FC_SEED` repeats a run, `FC_RUNS`
 * makes it so many times as long.
 */
const seed = Number(process.env.FC_SEED ?? (process.env.CI ? 20_261_124 : Date.now() | 0))
const longer = Number(process.env.FC_RUNS ?? 1)

/** Checks a property for many inputs; a failure tells the seed and the smallest counterexample. */
export async function holds<Ts extends [unknown, ...unknown[]]>(
  t: ExecutionContext,
  property: fc.IProperty<Ts> | fc.IAsyncProperty<Ts>,
  numRuns = 300
): Promise<void> {
  const runs = numRuns * longer
  t.log(`seed ${seed}, ${runs} runs`)
  if (longer > 1) t.timeout(600_000)
  await fc.assert(property, { seed, numRuns: runs })
  t.pass()
}

/**
 * What `work` gives, or undefined when it refuses with an error of ours, which names the argument
 * where an argument is to blame. Any other error is thrown on.
 */
export function resultOrRefusal<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    return refused(error)
  }
}

/** Throws on what is no refusal. */
export function refused(error: unknown): undefined {
  if (!(error instanceof SeesawFaceError)) throw error
  if (error instanceof InvalidArgumentError && error.argument === '') {
    throw new Error(`no argument is named: ${error.message}`)
  }
  if (error.message === '') throw new Error('the error has no message')
}

/** Cosines, the ends and neighbouring numbers more often than chance has it. */
export const cosines = fc.oneof(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.integer({ min: -4, max: 4 }).map((n) => n / 4),
  fc.integer({ min: 0, max: 4 }).map((n) => 0.3 + n * 2 ** -54)
)

/** One to forty scores, sorted from small to large. */
export const ascendingScores = fc
  .array(cosines, { minLength: 1, maxLength: 40 })
  .map((scores) => Float64Array.from(scores).sort())
