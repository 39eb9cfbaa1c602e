// What the tool tells people: progress on stderr, and refusals that say what to do.

/** An expected failure. Its message is one sentence for a person; no stack is shown. */
export class Refusal extends Error {}

const reasons = {
  EACCES: 'permission denied',
  EDQUOT: 'the quota is used up',
  ENOSPC: 'no space is left',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only'
}

/** The sentence for a person, if an error is a refusal or says that the cache cannot be written. */
export function sentenceOf(error) {
  if (error instanceof Refusal || String(error.code).startsWith('ERR_PARSE_ARGS')) {
    return error.message
  }
  const reason = reasons[error.code]
  if (reason === undefined) return undefined
  return (
    `${error.path ?? 'the cache folder'} cannot be written: ${reason}; ` +
    'set SEESAWFACE_CACHE to a folder that you may write to and that has room.'
  )
}

let speaker = 'libraries'

/** Who every line is said to come from: the library that is looked for. */
export function speakAs(name) {
  speaker = name
}

/** One line on stderr; stdout carries only the answer. */
export function say(text) {
  process.stderr.write(`${speaker}: ${text}\n`)
}

/**
 * A progress line: redrawn on a terminal, one line every tenth of the way otherwise
 * (npm and cmake-js pass our stderr on, and logs should stay short).
 */
export function progress(label) {
  const tty = process.stderr.isTTY === true
  const started = Date.now()
  let shown = -1
  const draw = (share) => {
    const percent = Math.max(0, Math.min(100, Math.floor(share * 100)))
    if (percent === shown || (!tty && percent < shown + 10 && percent < 100)) return
    shown = percent
    const seconds = Math.round((Date.now() - started) / 1000)
    if (tty) {
      const bar = '#'.repeat(Math.floor(percent / 4)).padEnd(25, '.')
      process.stderr.write(
        `\r${speaker}: ${label} [${bar}] ${String(percent).padStart(3)} % ${seconds} s`
      )
    } else {
      say(`${label} ${percent} % (${seconds} s)`)
    }
  }
  return {
    update: draw,
    done() {
      draw(1)
      if (tty) process.stderr.write('\n')
    },
    stop() {
      if (tty && shown >= 0) process.stderr.write('\n')
    }
  }
}
