/** What a timer that should fire every millisecond went through while `work` ran. */
export interface TimerDelays {
  readonly worst: number
  readonly ticks: number
  /** All times in milliseconds. */
  readonly elapsed: number
}

export async function timerDelays(work: () => Promise<unknown>): Promise<TimerDelays> {
  let worst = 0
  let ticks = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    worst = Math.max(worst, now - last - 1)
    last = now
    ticks++
  }, 1)
  const started = performance.now()
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  const now = performance.now()
  return { worst: Math.max(worst, now - last - 1), ticks, elapsed: now - started }
}
