import { SeesawFaceError } from '../index.js'
import { UsageError } from './arguments.js'
import { complain, printJson } from './output.js'

/** An error as JSON output shows it. */
export function errorJson(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof UsageError ? 'USAGE' : 'INTERNAL'
  return { code: error instanceof SeesawFaceError ? error.code : code, message }
}

/** Tells which photo failed and why; what is no error of ours is thrown on. */
export function tellFailure(photo: string, error: unknown, json: boolean): void {
  if (!(error instanceof SeesawFaceError)) throw error
  if (json) printJson({ photo, error: errorJson(error) })
  complain(error.message.includes(photo) ? error.message : `"${photo}": ${error.message}`)
}

/**
 * Runs `job` for each photo in turn. A photo that fails is told and the others still get their
 * turn; the exit code then is 2.
 */
export async function forEachPhoto(
  photos: readonly string[],
  json: boolean,
  job: (photo: string) => Promise<void>
): Promise<number> {
  let exitCode = 0
  for (const photo of photos) {
    try {
      await job(photo)
    } catch (error) {
      tellFailure(photo, error, json)
      exitCode = 2
    }
  }
  return exitCode
}
